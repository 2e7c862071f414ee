import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Job } from '../jobs/job.ts';
import type { Blobs } from '../spool/blobs.ts';
import { BloomFilter } from '../spool/bloom-filter.ts';
import type { FileCount, FileQuota } from '../spool/file-quota.ts';
import { digestsIn } from '../store/prune.ts';
import type { Store } from '../store/store.ts';
import type { Queue } from './queue.ts';

/** How long, in milliseconds, and how much of what nobody needs any more is kept. */
export interface RetentionLimits {
  readonly historyAge: number;
  readonly historyJobs: number;
  /** For idempotency keys of submits of which no job is left. */
  readonly keyAge: number;
  /** For files that no job names: a client may be about to name them in a submit. */
  readonly fileAge: number;
}

export interface Removed {
  readonly history: number;
  readonly clusters: number;
  readonly files: number;
}

interface RetentionOptions {
  readonly limits: RetentionLimits;
  readonly queue: Queue;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly quota: Pick<FileQuota, 'count'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSwept: (removed: Removed, spool: { readonly files: number; readonly bytes: number }) => void;
}

/** The most milliseconds between sweeps, and the most jobs that are read per turn. */
const longestInterval = 600_000;
const slice = 1000;

/** Removes what is too old, regularly and in small steps: history, keys of submits, and files that no job names. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: Timer | undefined;
  #closed = false;
  #sweeping: Promise<unknown> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Begins to sweep regularly. */
  start(): void {
    const { limits, clock, logger } = this.#options;
    if (this.#closed) return;
    const interval = Math.min(longestInterval, limits.fileAge / 2, limits.historyAge / 2);
    this.#timer = clock.after(interval, () => {
      this.#sweeping = this.sweep()
        .catch((error: unknown) => {
          if (!this.#closed) logger.error({ err: error }, 'sweep failed, the next one tries again');
        })
        .then(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  /** One complete sweep. After a crash in between, the next sweep does the rest. */
  async sweep(): Promise<Removed> {
    const { limits, clock, store, blobs, onSwept, logger } = this.#options;
    const began = clock.wall();
    const history = await this.#inTurns(() =>
      store.pruneHistory({ endedBefore: began - limits.historyAge, mostRows: limits.historyJobs }),
    );
    const clusters = await this.#inTurns((after) => store.pruneClusters(began - limits.keyAge, after));
    await this.#inTurns((after) => store.pruneEvents(began - limits.keyAge, after));
    const count = this.#options.quota.count();
    const marks = await this.#mark(count);
    // The marks are good for as long as any newer file is too young to be removed.
    const isOver = () => this.#closed || clock.wall() - began > limits.fileAge / 2;
    const spool = await blobs.sweep({
      before: began - limits.fileAge,
      keeps: (digest) => marks.has(digest),
      seen: (digest, size) => count?.file(digest, size),
      isOver,
    });
    if (!isOver()) count?.end();
    const removed = { history, clusters, files: spool.removed };
    onSwept(removed, spool);
    if (history + clusters + spool.removed > 0) logger.info(removed, 'swept');
    return removed;
  }

  async #inTurns(
    turn: (after: number) => Promise<{ removed: number; next: number | null }>,
  ): Promise<number> {
    let removed = 0;
    try {
      for (let after: number | null = 0; after !== null && !this.#closed; ) {
        const answer: { removed: number; next: number | null } = await turn(after);
        removed += answer.removed;
        after = answer.next;
      }
    } catch (error) {
      // On a full disk, not even rows can be removed; but files can, and that makes room.
      if (!this.#closed)
        this.#options.logger.warn({ err: error }, 'rows not removed, the next sweep tries again');
    }
    return removed;
  }

  /**
   * Marks the files of jobs in memory first: a job that leaves memory meanwhile is then in the history, which comes later. A fresh
   * proc that becomes a job of its own meanwhile has been marked, too.
   */
  async #mark(count: FileCount | undefined): Promise<BloomFilter> {
    const marks = new BloomFilter();
    const mark = (owner: string, digests: Iterable<string>) => {
      for (const digest of digests) {
        marks.add(digest);
        count?.name(owner, digest);
      }
    };
    let seen = 0;
    for (const fresh of this.#options.queue.allFresh()) {
      for (const text of fresh.texts()) {
        mark(fresh.cluster.owner, digestsIn(text));
        await nextTurn();
      }
    }
    for (const job of this.#options.queue.ownJobs()) {
      mark(job.cluster.owner, digestsOf(job));
      seen += 1;
      if (seen % slice === 0) await nextTurn();
    }
    let after: { cluster: number; proc: number } | null | undefined;
    while (after !== null && !this.#closed) {
      const { named, next } = await this.#options.store.references(after ?? null);
      for (const { owner, digests } of named) mark(owner, digests);
      after = next;
    }
    return marks;
  }
}

function* digestsOf({ inputs, outputs, stdout, stderr, checkpoint }: Job): Iterable<string> {
  for (const { digest } of inputs) yield digest;
  for (const { digest } of outputs) yield digest;
  if (stdout !== undefined) yield stdout.digest;
  if (stderr !== undefined) yield stderr.digest;
  if (checkpoint === undefined) return;
  for (const { digest } of checkpoint.files) yield digest;
  if (checkpoint.stdout !== undefined) yield checkpoint.stdout.digest;
  if (checkpoint.stderr !== undefined) yield checkpoint.stderr.digest;
}
