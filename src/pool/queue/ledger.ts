import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Store } from '../store/store.ts';
import type { StoredPart } from '../store/store-messages.ts';
import { apply } from './apply.ts';
import { type Cluster, isOver, type Job } from './job.ts';
import type { Queue } from './queue.ts';
import { clusterFromRecord, clusterToRow, jobFromRecord, jobToRow } from './rows.ts';
import type { Transition } from './transition.ts';

/** Milliseconds between the journal's first record and its folding into the snapshot. */
const foldAfter = 2000;

/** Jobs that are folded before others get their turn. */
const foldSlice = 1000;

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
  #folding: Promise<void> = Promise.resolve();
  #newest: Promise<void> = Promise.resolve();
  #replayed = false;
  #closed = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Brings the queue to the state that the store holds: its parts, in their order. */
  async replay(parts: AsyncIterable<StoredPart>): Promise<void> {
    const { queue, onChange } = this.#options;
    const clusters = new Map<number, Cluster>();
    const ended = new Set<string>();
    for await (const part of parts) {
      for (const row of part.clusters) clusters.set(row.cluster, clusterFromRecord(row.record));
      for (const row of part.jobs) {
        const cluster = clusters.get(row.cluster);
        if (cluster !== undefined) queue.add(cluster, [jobFromRecord(cluster, row.record)]);
      }
      for (const { cluster, proc } of part.ended) ended.add(`${cluster}.${proc}`);
      for (const { seq, record } of part.journal) this.#replayOne(JSON.parse(record), seq, ended);
    }
    this.#replayed = true;
    if (this.#dirtyJobs.size > 0) this.#foldSoon();
    onChange([...queue.jobs()]);
  }

  /** A row holds the effect of all records through its own: those change nothing once more. */
  #replayOne(transition: Transition, seq: number, ended: ReadonlySet<string>): void {
    const { queue } = this.#options;
    if (transition.type === 'submit') {
      const { cluster } = transition;
      this.#take(
        transition,
        seq,
        (proc) => ended.has(`${cluster}.${proc}`) || queue.find({ cluster, proc }) !== undefined,
      );
    } else if ((queue.find(transition.job)?.seq ?? 0) < seq) {
      this.#take(transition, seq);
    }
  }

  /**
   * Makes a transition; resolves when it is durable. When the store fails it never resolves: memory is ahead of the
   * disk then, nothing may be answered, and the store's owner ends the process.
   * @throws GlideinError Unavailable once the ledger is closed
   */
  record(transition: Transition): Promise<void> {
    if (this.#closed) throw new GlideinError('Unavailable', 'the pool ends; ask again in a moment');
    const text = JSON.stringify(transition);
    const { seq, durable } = this.#options.store.append(text);
    this.#newest = unlessBroken(durable);
    const changed = this.#take(transition, seq);
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
    await this.#folding;
    // A store that has failed keeps its journal for the next life.
    await this.#fold().catch(() => undefined);
  }

  #take(transition: Transition, seq: number, isThere?: (proc: number) => boolean): readonly Job[] {
    const changed = apply(this.#options.queue, transition, isThere);
    for (const job of changed) {
      job.seq = seq;
      this.#dirtyJobs.add(job);
    }
    const first = changed[0];
    if (transition.type === 'submit' && first !== undefined) this.#dirtyClusters.add(first.cluster);
    this.#foldSoon();
    return changed;
  }

  #foldSoon(): void {
    // Whoever reads what is stored must not see it change.
    if (this.#closed || !this.#replayed) return;
    this.#foldTimer ??= this.#options.clock.after(foldAfter, () => {
      this.#folding = unlessBroken(this.#fold()).then(() => {
        this.#foldTimer = undefined;
        if (this.#dirtyJobs.size > 0) this.#foldSoon();
      });
    });
  }

  /**
   * Moves the journal into the snapshot, slice by slice, while the pool goes on. A row says through which record it
   * holds the journal, so a crash in between leaves nothing that replaying could do twice.
   */
  async #fold(): Promise<void> {
    const { store, queue } = this.#options;
    const through = store.lastSeq;
    const jobs = [...this.#dirtyJobs];
    const clusters = [...this.#dirtyClusters];
    this.#dirtyJobs.clear();
    this.#dirtyClusters.clear();
    if (jobs.length === 0) return;
    await store.fold(clusters.map(clusterToRow), []);
    for (let start = 0; start < jobs.length; start += foldSlice)
      await store.fold([], jobs.slice(start, start + foldSlice).map(jobToRow));
    await store.folded(through);
    for (const job of jobs) if (isOver(job) && !this.#dirtyJobs.has(job)) queue.forget(job);
  }
}

/** After a failure nothing goes on as if it had worked; the store has told its owner. */
const unlessBroken = (durable: Promise<void>): Promise<void> =>
  durable.catch(() => new Promise<never>(() => {}));
