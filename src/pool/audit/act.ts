import { truncate } from '#base/truncate.ts';
import type { AuditAct, AuditKind } from '#wire/audit.ts';
import type { AuditRow, AuditShare } from '../store/audit-rows.ts';
import type { Audited } from '../store/store.ts';
import type { Doer } from './doer.ts';
import { JobIntervals } from './job-intervals.ts';

/** What is known of an act from its beginning. */
export type About = Pick<
  AuditAct,
  'constraint' | 'object' | 'reason' | 'denied' | 'times' | 'firstAt' | 'count'
>;

/** The most characters of a text that the client has written. */
const longest = 1024;

/** The most owners that a record names: another one goes on with the jobs of others, so that each of them finds his own. */
const mostOwners = 200;

interface ActOptions {
  readonly doer: Doer;
  readonly what: AuditKind;
  readonly at: number;
  readonly about?: About;
}

/**
 * Something that somebody does. Each of its parts becomes durable together with what the record says of it by then, so a crash
 * in the middle leaves a record of exactly what was done.
 */
export class Act implements Audited {
  readonly #options: ActOptions;
  readonly #jobs = new JobIntervals();
  readonly #owners = new Map<string, number>();
  #count = 0;
  #refused = 0;
  #isOpen = true;

  constructor(options: ActOptions) {
    this.#options = options;
  }

  /** How many jobs it has concerned. */
  get count(): number {
    return this.#count;
  }

  /** It has concerned a job, or `count` procs of a cluster. */
  did(owner: string, { cluster, proc, lastProc }: Jobs, count = 1): void {
    this.#count += count;
    this.#jobs.add(cluster, proc, lastProc);
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + count);
  }

  /** Whether its record can tell of a job of this owner, too. */
  hasRoomFor(owner: string): boolean {
    return this.#owners.size < mostOwners || this.#owners.has(owner);
  }

  /** It could not change so many jobs in all. */
  refused(count: number): void {
    this.#refused = count;
  }

  /** Nothing more follows. */
  end(): void {
    this.#isOpen = false;
  }

  row(): Omit<AuditRow, 'seq'> {
    const { doer, what, at } = this.#options;
    return {
      at,
      what,
      share: this.#share(),
      subject: doer.subject ?? '',
      open: this.#isOpen ? 1 : 0,
      record: JSON.stringify(this.#told()),
    };
  }

  #told(): AuditAct {
    const { doer, what, at, about: { reason, constraint, ...about } = {} } = this.#options;
    return {
      at,
      what,
      ...doer,
      ...about,
      ...(reason !== undefined && { reason: truncate(reason, longest) }),
      ...(constraint !== undefined && { constraint: truncate(constraint, longest) }),
      ...(this.#count > 0 && {
        count: this.#count,
        jobs: this.#jobs.texts(),
        owners: Object.fromEntries(this.#owners),
        ...(this.#jobs.isWider && { andMore: true }),
      }),
      ...(this.#refused > 0 && { refused: this.#refused }),
    };
  }

  #share(): AuditShare {
    const { doer, about } = this.#options;
    if (about?.denied === true) return 'denied';
    return doer.role === 'submitter' ? 'users' : 'admins';
  }
}

interface Jobs {
  readonly cluster: number;
  /** Undefined for a whole cluster. */
  readonly proc?: number | undefined;
  readonly lastProc?: number | undefined;
}
