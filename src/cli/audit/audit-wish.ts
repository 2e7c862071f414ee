import { parseDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import type { AuditPlace, AuditWish } from '#client/audit-pages.ts';
import { auditKind } from '#wire/audit.ts';
import { jobName } from '../job-name.ts';

/** The options of `glidein audit` that say which records. */
export interface AuditFlags {
  readonly since?: string;
  readonly until?: string;
  readonly who?: string;
  readonly what?: string;
  readonly job?: string;
  readonly from?: string;
}

/** @throws GlideinError InvalidArgument naming the option */
export function auditWish({ since, until, who, what, job, from }: AuditFlags, now: number): AuditWish {
  const kind = what === undefined ? undefined : auditKind.safeParse(what);
  if (kind?.success === false)
    throw new GlideinError('InvalidArgument', `--what: nothing is called "${what}" in the audit`, {
      cure: `write one of ${auditKind.options.join(', ')}`,
    });
  return {
    since: since === undefined ? undefined : momentIn('since', since, now),
    until: until === undefined ? undefined : momentIn('until', until, now),
    who,
    what: kind?.data,
    job: job === undefined ? undefined : jobName(job),
    from,
  };
}

/** Epoch milliseconds of a time, or of a time so long ago. */
function momentIn(option: string, text: string, now: number): number {
  const at = /^[0-9]{4}-/.test(text) ? Date.parse(text) : agoIn(text, now);
  if (!Number.isNaN(at)) return at;
  throw new GlideinError('InvalidArgument', `--${option}: "${text}" is no time`, {
    cure: 'write how long ago, such as 90m or 2d, or a time, such as 2026-01-31T12:00:00Z',
  });
}

function agoIn(text: string, now: number): number {
  try {
    return now - parseDuration(text);
  } catch {
    return Number.NaN;
  }
}

/** The text with which a reader goes on later. */
export const cursorOf = ({ generation, seq }: AuditPlace): string => `${generation}:${seq}`;

/** @throws GlideinError InvalidArgument */
export function placeIn(cursor: string): AuditPlace {
  const [, generation, seq] = /^([^:]{1,64}):([0-9]{1,16})$/.exec(cursor) ?? [];
  if (generation !== undefined) return { generation, seq: Number(seq) };
  throw new GlideinError('InvalidArgument', `--after: "${cursor}" names no record of the audit`, {
    cure: 'write the cursor of a record, as -o json shows it',
  });
}
