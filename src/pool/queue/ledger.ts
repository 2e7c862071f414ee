import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { type Cluster, isOver, type Job } from '../jobs/job.ts';
import { eventOf } from '../jobs/job-event.ts';
import { isFinal } from '../jobs/job-state.ts';
import { clusterToRow, jobToRow } from '../jobs/rows.ts';
import type { Transition } from '../jobs/transition.ts';
import type { Store } from '../store/store.ts';
import type { StoredPart } from '../store/store-messages.ts';
import { apply } from './apply.ts';
import type { Queue } from './queue.ts';
import { Replay } from './replay.ts';

/** Milliseconds between the journal's first record and its folding into the snapshot. */
const foldAfter = 2000;

/** The most rows, and characters in their records, that are folded before other work gets its turn. */
const sliceRows = 1000;
const sliceCharacters = 2 ** 21;

interface LedgerOptions {
  readonly queue: Queue;
  readonly store: Store;
  readonly clock: Clock;
  /** Called after each transition with the jobs that it changed, before it is durable. */
  readonly onChange: (jobs: readonly Job[]) => void;
  /** Called after each new transition, but not for replayed ones. */
  readonly onRecord?: (transition: Transition, jobs: readonly Job[]) => void;
  /** Called after each transition that causes an event. */
  readonly onEvent?: () => void;
}

/**
 * The only way to change the queue. A transition takes effect in memory at once, so that the next decision sees it.
 *
 * **Gotchas.** Memory is ahead of the disk. Nothing may leave the process (an answer, a message to a pilot) before the promise
 * of {@link record}, or {@link settled}, has resolved: only then is the transition on the disk.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #dirtyJobs = new Set<Job>();
  readonly #dirtyClusters = new Set<Cluster>();
  /** Jobs whose rows cannot be read. */
  readonly #unreadable = new WeakSet<Job>();
  #foldTimer: Timer | undefined;
  #folding: Promise<void> = Promise.resolve();
  #folds = 0;
  #unfolded: { readonly through: number; readonly resolve: () => void }[] = [];
  #newest: Promise<void> = Promise.resolve();
  #replayed = false;
  #closed = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /**
   * Restores the queue from the stored parts, in order. Unreadable records are set aside in the store before anything is
   * served or folded, so that no fold can lose them.
   */
  async replay(parts: AsyncIterable<StoredPart>): Promise<Pick<Replay, 'aside' | 'unreadable' | 'faulty'>> {
    const { queue, store, onChange } = this.#options;
    const replay = new Replay(queue, (...transition) => this.#take(...transition));
    for await (const part of parts) replay.part(part);
    // Not awaited: on a full disk it must wait for room, but the pool must start.
    if (replay.aside.length > 0) this.#newest = unlessBroken(store.setAside(replay.aside));
    for (const job of replay.unreadable.keys()) this.#unreadable.add(job);
    this.#replayed = true;
    if (this.#dirtyJobs.size > 0) this.#foldSoon();
    onChange([...queue.jobs()]);
    return replay;
  }

  /**
   * Makes a transition, and resolves when it is durable. If the store fails it never resolves: memory is then ahead of the
   * disk for good, nothing may be answered, and the store's owner ends the process.
   * @throws GlideinError Unavailable once the ledger is closed
   */
  record(transition: Transition): Promise<void> {
    if (this.#closed) throw new GlideinError('Unavailable', 'the pool ends; ask again in a moment');
    const text = JSON.stringify(transition);
    const event = eventOf(
      transition,
      'job' in transition ? this.#options.queue.find(transition.job) : undefined,
    );
    const { seq, durable } = this.#options.store.append(text, {
      ...(transition.type === 'submit' && { cluster: transition.cluster }),
      ...(event !== undefined && { event }),
    });
    this.#newest = unlessBroken(durable);
    const changed = this.#take(transition, seq);
    this.#options.onChange(changed);
    this.#options.onRecord?.(transition, changed);
    if (event !== undefined) this.#options.onEvent?.();
    return this.#newest;
  }

  /**
   * Resolves when everything recorded so far is durable. Await it before you answer with anything that was read from memory.
   */
  settled(): Promise<void> {
    return this.#newest;
  }

  /** Resolves when everything recorded so far has moved from the journal into the snapshot. */
  folded(): Promise<void> {
    if (this.#dirtyJobs.size === 0 && this.#folds === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#unfolded.push({ through: this.#options.store.lastSeq, resolve });
    return promise;
  }

  /** Folds at once, so that the journal stays short. If the disk is full, the journal stays as it is. */
  async foldNow(): Promise<void> {
    if (this.#closed) return;
    this.#foldTimer?.cancel();
    this.#startFold();
    await this.#folding;
  }

  /** Brings an ended job back into memory so that a late result can be recorded with it; the next fold drops it again. */
  recall(job: Job): void {
    this.#options.queue.add(job.cluster, [job]);
  }

  /** Folds what is left and stops. Nothing may be recorded afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#foldTimer?.cancel();
    await this.#folding;
    // If the store has failed, its journal is kept for the next process.
    await this.#fold().catch(() => undefined);
  }

  #take(transition: Transition, seq: number, isThere?: (proc: number) => boolean): readonly Job[] {
    const changed = apply(this.#options.queue, transition, isThere);
    for (const job of changed) {
      job.seq = seq;
      // An unreadable row is left as it is until its job ends.
      if (!this.#unreadable.has(job) || isFinal(job.state)) this.#dirtyJobs.add(job);
    }
    const first = changed[0];
    if (transition.type === 'submit' && first !== undefined) this.#dirtyClusters.add(first.cluster);
    this.#foldSoon();
    return changed;
  }

  #foldSoon(): void {
    // No fold during a replay, which reads the same tables.
    if (this.#closed || !this.#replayed) return;
    this.#foldTimer ??= this.#options.clock.after(foldAfter, () => this.#startFold());
  }

  /** One fold after the other. */
  #startFold(): void {
    this.#folds += 1;
    this.#folding = unlessBroken(this.#folding.then(() => this.#fold())).then(() => {
      this.#folds -= 1;
      if (this.#folds > 0) return;
      this.#foldTimer = undefined;
      if (this.#dirtyJobs.size > 0) this.#foldSoon();
    });
  }

  /**
   * Moves the journal into the snapshot, slice by slice, while the pool goes on. Each row says which journal records it
   * includes, so after a crash in between a replay applies nothing twice.
   */
  async #fold(): Promise<void> {
    const { store, queue } = this.#options;
    const through = store.lastSeq;
    const jobs = [...this.#dirtyJobs];
    const clusters = [...this.#dirtyClusters];
    this.#dirtyJobs.clear();
    this.#dirtyClusters.clear();
    try {
      for (const rows of inSlices(clusters, clusterToRow)) await store.fold(rows, []);
      for (const rows of inSlices(jobs, jobToRow)) await store.fold([], rows);
      if (jobs.length > 0) await store.folded(through);
    } catch (error) {
      if (!isCode(error, 'NoSpace')) throw error;
      // The journal still has everything; the next fold may find room.
      for (const job of jobs) this.#dirtyJobs.add(job);
      for (const cluster of clusters) this.#dirtyClusters.add(cluster);
      return;
    }
    for (const job of jobs) if (isOver(job) && !this.#dirtyJobs.has(job)) queue.forget(job);
    this.#tellFolded(through);
  }

  #tellFolded(through: number): void {
    const waiting = this.#unfolded;
    this.#unfolded = waiting.filter((each) => each.through > through);
    for (const each of waiting) if (each.through <= through) each.resolve();
  }
}

/** Rows in slices. Each row is made when its slice has its turn, so it has the state of that moment. */
function* inSlices<Thing, Row extends { readonly record: string }>(
  things: readonly Thing[],
  toRow: (thing: Thing) => Row,
): Iterable<readonly Row[]> {
  let rows: Row[] = [];
  let characters = 0;
  for (const thing of things) {
    const row = toRow(thing);
    rows.push(row);
    characters += row.record.length;
    if (rows.length < sliceRows && characters < sliceCharacters) continue;
    yield rows;
    rows = [];
    characters = 0;
  }
  if (rows.length > 0) yield rows;
}

/** After a failure of the store this never resolves, so that nothing goes on; the store has already told its owner. */
const unlessBroken = (durable: Promise<void>): Promise<void> =>
  durable.catch(() => new Promise<never>(() => {}));
