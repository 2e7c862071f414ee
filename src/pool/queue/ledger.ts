import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Store } from '../store/store.ts';
import type { StoredState } from '../store/store-messages.ts';
import { apply } from './apply.ts';
import type { Cluster, Job } from './job.ts';
import { isFinal } from './job-state.ts';
import type { Queue } from './queue.ts';
import { clusterFromRecord, clusterToRow, jobFromRecord, jobToRow } from './rows.ts';
import type { Transition } from './transition.ts';

/** Milliseconds between the journal's first record and its folding into the snapshot. */
const foldAfter = 2000;

interface LedgerOptions {
  readonly queue: Queue;
  readonly store: Store;
  readonly clock: Clock;
  /** Called after each transition, with the jobs that it changed, before it is durable. */
  readonly onChange: (jobs: readonly Job[]) => void;
}

/**
 * The only way to change the queue: a transition takes effect in memory at once, so that the next decision sees it,
 * and its effects on the outside wait for {@link record} to resolve, when it is on the disk.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #dirtyJobs = new Set<Job>();
  readonly #dirtyClusters = new Set<Cluster>();
  #foldTimer: Timer | undefined;
  #newest: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Brings the queue to the state that the store holds. */
  replay(state: StoredState): void {
    const { queue } = this.#options;
    const clusters = new Map(state.clusters.map((row) => [row.cluster, clusterFromRecord(row.record)]));
    const jobs = Map.groupBy(state.jobs, (row) => row.cluster);
    for (const [id, rows] of jobs) {
      const cluster = clusters.get(id);
      if (cluster !== undefined)
        queue.add(
          cluster,
          rows.map((row) => jobFromRecord(cluster, row.record)),
        );
    }
    for (const { record } of state.journal) this.#take(JSON.parse(record) as Transition);
    this.#options.onChange([...queue.jobs()]);
  }

  /**
   * Makes a transition; resolves when it is durable. When the store fails it never resolves: memory is ahead of the
   * disk then, nothing may be answered, and the store's owner ends the process.
   * @throws GlideinError Unavailable once the ledger is closed
   */
  record(transition: Transition): Promise<void> {
    if (this.#closed) throw new GlideinError('Unavailable', 'the pool ends; ask again in a moment');
    const text = JSON.stringify(transition);
    const changed = this.#take(transition);
    this.#newest = unlessBroken(this.#options.store.append(text).durable);
    this.#options.onChange(changed);
    return this.#newest;
  }

  /**
   * Resolves when everything recorded so far is durable. Whoever tells the outside what it read in memory waits for
   * it, for memory is ahead of the disk.
   */
  settled(): Promise<void> {
    return this.#newest;
  }

  /** Takes an ended job back into memory, so that what comes late can be recorded with it; a fold forgets it again. */
  recall(job: Job): void {
    this.#options.queue.add(job.cluster, [job]);
  }

  /** Folds what is left and stops; nothing may be recorded afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#foldTimer?.cancel();
    // A store that has failed keeps its journal for the next life.
    await this.#fold().catch(() => undefined);
  }

  #take(transition: Transition): readonly Job[] {
    const changed = apply(this.#options.queue, transition);
    for (const job of changed) this.#dirtyJobs.add(job);
    const first = changed[0];
    if (transition.type === 'submit' && first !== undefined) this.#dirtyClusters.add(first.cluster);
    this.#foldTimer ??= this.#options.clock.after(foldAfter, () => void unlessBroken(this.#fold()));
    return changed;
  }

  async #fold(): Promise<void> {
    this.#foldTimer = undefined;
    const jobs = [...this.#dirtyJobs];
    const clusters = [...this.#dirtyClusters];
    this.#dirtyJobs.clear();
    this.#dirtyClusters.clear();
    if (jobs.length === 0) return;
    await this.#options.store.fold(clusters.map(clusterToRow), jobs.map(jobToRow));
    for (const job of jobs)
      if (isFinal(job.state) && !this.#dirtyJobs.has(job)) this.#options.queue.forget(job);
  }
}

/** After a failure nothing goes on as if it had worked; the store has told its owner. */
const unlessBroken = (durable: Promise<void>): Promise<void> =>
  durable.catch(() => new Promise<never>(() => {}));
