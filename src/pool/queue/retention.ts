import type { Clock, Timer } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { BloomFilter } from '../spool/bloom-filter.ts';
import type { FileCount, FileQuota } from '../spool/file-quota.ts';
import type { Swept } from '../spool/sweep-blobs.ts';
import type { Volume } from '../spool/volume.ts';
import { auditShares } from '../store/audit-rows.ts';
import type { HistoryCursor } from '../store/history-rows.ts';
import type { Store } from '../store/store.ts';
import { endOfHistory, jobsUpTo } from './history-end.ts';
import { namedFiles } from './named-files.ts';
import type { Queue } from './queue.ts';

/** How long, in milliseconds, and how much of what nobody needs any more is kept. */
export interface RetentionLimits {
  readonly historyAge: number;
  readonly historyJobs: number;
  /** For idempotency keys of submits of which no job is left. */
  readonly keyAge: number;
  /** For files that no job names: a client may be about to name them in a submit. */
  readonly fileAge: number;
  /** For the audit: how old its records become, and how many bytes they take; all are kept if absent. */
  readonly audit?: { readonly age: number; readonly bytes: number } | undefined;
}

/** What a sweep would remove. */
export interface Removable {
  readonly history: number;
  readonly files: number;
  readonly fileBytes: number;
}

/** What a sweep has removed. */
export interface Removed extends Removable {
  readonly clusters: number;
}

interface RetentionOptions {
  readonly limits: RetentionLimits;
  readonly queue: Queue;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly quota: Pick<FileQuota, 'count'>;
  readonly volume: Pick<Volume, 'sizeBytes'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSwept: (removed: Removed, spool: { readonly files: number; readonly bytes: number }) => void;
}

/** The most and the fewest milliseconds between complete sweeps, and the most between those of rows alone. */
const longestInterval = 600_000;
const shortestInterval = 1000;
const rowsInterval = 5000;

/** Milliseconds between sweeps of rows while jobs are being removed, for each job that is kept: every sweep counts these. */
const countingCost = 0.005;
const shortestPause = 500;

/** The part of the volume that ended jobs may fill, at this many bytes for each, its events and its part of the cluster included. */
const historyShare = 0.25;
const bytesPerJob = 2048;

/** The part of the volume that the audit may fill. */
const auditShare = 0.05;

/** Records in the journal for each job: an event has the number of its record, so events are bounded by records. */
const recordsPerJob = 4;

/**
 * Removes what is too old or too much, regularly and in small steps: history, events, keys of submissions, and files that no
 * job names.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #timers = new Set<Timer>();
  #closed = false;
  #sweeping: Promise<unknown> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Begins to sweep regularly. */
  start(): void {
    const { limits } = this.#options;
    const wanted = Math.min(longestInterval, limits.fileAge / 2, limits.historyAge / 2);
    const interval = Math.max(shortestInterval, wanted);
    this.#every(interval, async () => {
      await this.sweep();
      return interval;
    });
    const usual = Math.min(interval, rowsInterval);
    this.#every(usual, async () => {
      const { history } = await this.#alone(() => this.#sweepRows());
      const pause = Math.max(shortestPause, countingCost * this.mostJobs);
      return history === 0 ? usual : Math.min(usual, pause);
    });
  }

  /** @param work resolves with the milliseconds until the next time */
  #every(interval: number, work: () => Promise<number>): void {
    const { clock, logger } = this.#options;
    if (this.#closed) return;
    const timer = clock.after(interval, () => {
      this.#timers.delete(timer);
      void work()
        .catch((error: unknown) => {
          if (!this.#closed) logger.error({ err: error }, 'sweep failed, the next one tries again');
          return interval;
        })
        .then((next) => this.#every(next, work));
    });
    this.#timers.add(timer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#sweeping;
  }

  /** One complete sweep. After a crash in between, the next sweep does the rest. */
  sweep(): Promise<Removed> {
    return this.#alone(async () => {
      const { clock, store, onSwept, logger } = this.#options;
      const began = clock.wall();
      const rows = await this.#sweepRows();
      await this.#inTurns(() => store.shrink());
      const count = this.#options.quota.count();
      const spool = await this.#sweepFiles(began, await this.#mark(count), { seen: count });
      const removed = { ...rows, files: spool.removed, fileBytes: spool.removedBytes };
      onSwept(removed, spool);
      if (rows.history + rows.clusters + spool.removed > 0) logger.info(removed, 'swept');
      return removed;
    });
  }

  /** What a sweep would remove now, files of the jobs that it would remove among them. */
  trial(): Promise<Removable> {
    return this.#alone(async () => {
      const { clock, store } = this.#options;
      const end = await this.#end();
      const marks = await this.#mark(undefined, end);
      const { removed, removedBytes } = await this.#sweepFiles(clock.wall(), marks, { isTrial: true });
      return { history: await jobsUpTo(store, end), files: removed, fileBytes: removedBytes };
    });
  }

  /** One sweep after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#sweeping.then(work);
    this.#sweeping = done.catch(() => undefined);
    return done;
  }

  /** As many ended jobs are kept as their limit says, but no more than a part of the volume holds. */
  get mostJobs(): number {
    const { limits, volume } = this.#options;
    return Math.min(limits.historyJobs, Math.floor((historyShare * volume.sizeBytes) / bytesPerJob));
  }

  #end(): Promise<HistoryCursor> {
    const { limits, clock, store } = this.#options;
    return endOfHistory(store, {
      endedBefore: clock.wall() - limits.historyAge,
      mostJobs: this.mostJobs,
    });
  }

  async #sweepRows(): Promise<Pick<Removed, 'history' | 'clusters'>> {
    const { limits, clock, store, queue } = this.#options;
    const before = clock.wall() - limits.keyAge;
    const newest = { clusters: queue.lastCluster, events: store.lastSeq };
    const most = this.mostJobs;
    const end = await this.#end();
    const history = await this.#inTurns(() => store.pruneHistory(end));
    const clusters = await this.#inTurns((after) =>
      store.pruneClusters({ before, through: newest.clusters - most, after }),
    );
    await this.#inTurns((after) =>
      store.pruneEvents({ before, through: newest.events - recordsPerJob * most, after }),
    );
    await this.#sweepAudit();
    return { history, clusters };
  }

  /** The shares of the audit are as large as each other. */
  async #sweepAudit(): Promise<void> {
    const { limits, clock, store, volume } = this.#options;
    if (limits.audit === undefined) return;
    const { age, bytes } = limits.audit;
    const most = Math.min(bytes, auditShare * volume.sizeBytes) / auditShares.length;
    await this.#inTurns(() => store.pruneAudit({ before: clock.wall() - age, bytes: Math.floor(most) }));
  }

  #mark(count: FileCount | undefined, removed?: HistoryCursor): Promise<BloomFilter> {
    const { queue, store } = this.#options;
    return namedFiles({ queue, store, count, removed, isOver: () => this.#closed });
  }

  async #sweepFiles(
    began: number,
    marks: BloomFilter,
    { seen, isTrial = false }: { readonly seen?: FileCount | undefined; readonly isTrial?: boolean },
  ): Promise<Swept> {
    const { limits, clock, blobs } = this.#options;
    // The marks are good for as long as any newer file is too young to be removed.
    const isOver = () => this.#closed || clock.wall() - began > limits.fileAge / 2;
    const swept = await blobs.sweep({
      before: began - limits.fileAge,
      keeps: (digest) => marks.has(digest),
      seen: (digest, size) => seen?.file(digest, size),
      isOver,
      isTrial,
    });
    if (!isOver()) seen?.end();
    return swept;
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
}
