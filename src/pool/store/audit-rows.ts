import type { Role } from '#wire/role.ts';

/** Acts whose records share a part of the space that the audit may take, so that a flood of one kind never removes another. */
export const auditShares = ['admins', 'users', 'denied'] as const;
export type AuditShare = (typeof auditShares)[number];

/** Who did what, as it is stored. */
export interface AuditRow {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly share: AuditShare;
  /** Whose token it was; empty if nobody's. */
  readonly subject: string;
  readonly what: string;
  /** 1 while the act goes on: its record then grows with it. */
  readonly open: 0 | 1;
  /** JSON. */
  readonly record: string;
}

/** Which records of the audit are asked for; each condition that is absent lets all through. */
export interface AuditQuery {
  /** `up`: the oldest first, after `from`. `down`: the newest first, before `from`. */
  readonly order: 'up' | 'down';
  readonly from: number;
  readonly limit: number;
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly subject?: string | undefined;
  readonly what?: string | undefined;
  /** Its owner is known without the database while any job of the cluster is in memory. */
  readonly job?:
    | {
        readonly cluster: number;
        readonly proc?: number | undefined;
        readonly owner?: string | undefined;
      }
    | undefined;
  /** From which address. */
  readonly address?: string | undefined;
  /** Only what this one may see: acts of its own, and, if it submits, acts on its jobs. */
  readonly viewer?: AuditViewer | undefined;
}

/** Who asks. Operators of two sites may have the same name, and that of a user, too. */
export interface AuditViewer {
  readonly subject: string;
  readonly role: Role;
  readonly issuer?: string | undefined;
}

/** Some records of the audit. `last` is the number up to which the answer is complete, in the order of the query. */
export interface AuditPage {
  readonly rows: readonly Pick<AuditRow, 'seq' | 'open' | 'record'>[];
  readonly last: number;
  /** Whether there are no further ones. */
  readonly isAll: boolean;
}

/** What of the audit is removed: what is older than a time, and the oldest of each share that takes more than so many bytes. */
export interface StaleAudit {
  readonly before: number;
  readonly bytes: number;
}
