import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { differencesToRows } from '../jobs/fresh-rows.ts';
import { isOver, type Job } from '../jobs/job.ts';
import { eventOf } from '../jobs/job-event.ts';
import { isFinal } from '../jobs/job-state.ts';
import { type ClaimTransition, JoinedClaims } from '../jobs/joined-claims.ts';
import type { Transition } from '../jobs/transition.ts';
import type { StoredPart } from '../store/snapshot-rows.ts';
import type { Audited, Store } from '../store/store.ts';
import { apply } from './apply.ts';
import type { Changed } from './changed.ts';
import { type Fold, Unfolded, writeFold } from './fold.ts';
import type { Queue } from './queue.ts';
import { Replay } from './replay.ts';

/** Milliseconds between the journal's first record and its folding into the snapshot. */
const foldAfter = 2000;

interface LedgerOptions {
  /** How many ended jobs are kept: of more, no rows are written. */
  readonly mostEnded?: () => number | undefined;
  readonly queue: Queue;
  readonly store: Store;
  readonly clock: Clock;
  /** Called after each transition with the jobs that it changed, before it is durable. */
  readonly onChange: (changed: Changed) => void;
  /** Called after each new transition, but not for replayed ones, with what resolves when it is durable. */
  readonly onRecord?: (transition: Transition, changed: Changed, durable: Promise<void>) => void;
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
  readonly #changed = new Unfolded();
  /** Jobs whose rows cannot be read. */
  readonly #unreadable = new WeakSet<Job>();
  #foldTimer: Timer | undefined;
  #folding: Promise<void> = Promise.resolve();
  #folds = 0;
  #waiting: { readonly through: number; readonly resolve: () => void }[] = [];
  #newest: Promise<void> = Promise.resolve();
  /** The promise of the store to which {@link #newest} belongs. */
  #durable: Promise<void> | undefined;
  /** The claims that were recorded last, while further ones can join them. */
  #joined: { readonly claims: JoinedClaims; readonly appended: Appended } | undefined;
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
    for (const fresh of replay.stale()) this.#changed.fresh.add(fresh);
    this.#replayed = true;
    if (!this.#changed.isEmpty) this.#foldSoon();
    onChange({ jobs: [...queue.ownJobs()], fresh: [...queue.allFresh()] });
    return replay;
  }

  /**
   * Makes a transition, and resolves when it is durable. If the store fails it never resolves: memory is then ahead of the
   * disk for good, nothing may be answered, and the store's owner ends the process.
   * @param act what somebody does, of which this is all or a part
   * @throws GlideinError Unavailable once the ledger is closed
   */
  record(transition: Transition, act?: Audited): Promise<void> {
    if (this.#closed) throw new GlideinError('Unavailable', 'the pool ends; ask again in a moment');
    const event = this.#eventOf(transition);
    const { seq, durable } =
      transition.type === 'claim' ? this.#join(transition) : this.#append(transition, event, act);
    if (durable !== this.#durable) this.#newest = unlessBroken(durable);
    this.#durable = durable;
    const changed = this.#take(transition, seq);
    this.#options.onChange(changed);
    this.#options.onRecord?.(transition, changed, this.#newest);
    if (event !== undefined) this.#options.onEvent?.();
    return this.#newest;
  }

  #append(transition: Transition, event: ReturnType<typeof eventOf>, act: Audited | undefined): Appended {
    this.#joined = undefined;
    return this.#options.store.append(recordOf(transition), {
      ...(transition.type === 'submit' && {
        cluster: transition.cluster,
        differences: differencesToRows(transition.cluster, transition.procs),
      }),
      ...(event !== undefined && { event }),
      act,
    });
  }

  /** Claims that follow each other in one turn share a record, and so a number. No job has two of them: its claim has to end first. */
  #join(claim: ClaimTransition): Appended {
    if (this.#joined?.claims.add(claim) === true) return this.#joined.appended;
    const claims = new JoinedClaims(claim);
    const appended = this.#options.store.append(() => claims.print());
    this.#joined = { claims, appended };
    return appended;
  }

  #eventOf(transition: Transition): ReturnType<typeof eventOf> {
    if (transition.type === 'claim') return undefined;
    if (!('job' in transition)) return eventOf(transition, undefined, undefined);
    const { queue } = this.#options;
    return eventOf(transition, queue.find(transition.job), queue.fresh(transition.job.cluster));
  }

  /**
   * Resolves when everything recorded so far is durable. Await it before you answer with anything that was read from memory.
   */
  settled(): Promise<void> {
    return this.#newest;
  }

  /** Resolves when everything recorded so far has moved from the journal into the snapshot. */
  folded(): Promise<void> {
    if (this.#changed.isEmpty && this.#folds === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ through: this.#options.store.lastSeq, resolve });
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

  #take(transition: Transition, seq: number): Changed {
    const { queue } = this.#options;
    const fresh = 'job' in transition ? queue.fresh(transition.job.cluster) : undefined;
    const size = fresh?.procs.size;
    const changed = apply(queue, transition);
    // The job was one of them.
    if (fresh !== undefined && fresh.procs.size !== size) this.#changed.fresh.add(fresh);
    for (const job of changed.jobs) {
      job.seq = seq;
      // An unreadable row is left as it is until its job ends.
      if (!this.#unreadable.has(job) || isFinal(job.state)) this.#changed.jobs.add(job);
    }
    for (const each of changed.fresh) {
      each.shared.seq = seq;
      this.#changed.fresh.add(each);
      if (transition.type === 'submit') this.#changed.clusters.add(each.cluster);
    }
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
      if (!this.#changed.isEmpty) this.#foldSoon();
    });
  }

  /** Moves the journal into the snapshot. If the disk is full, the journal still has everything; the next fold may find room. */
  async #fold(): Promise<void> {
    const { store } = this.#options;
    const through = store.lastSeq;
    // A later claim is not in this fold, so it must not join a record that ends with it.
    this.#joined = undefined;
    const isDue = !this.#changed.isEmpty;
    const fold = this.#changed.take();
    try {
      await writeFold(store, fold, this.#options.mostEnded?.());
      if (isDue) await store.folded(through);
    } catch (error) {
      if (!isCode(error, 'NoSpace')) throw error;
      this.#changed.putBack(fold);
      return;
    }
    this.#forget(fold);
    this.#tellFolded(through);
  }

  /** Drops from memory what is only in the history now. */
  #forget({ jobs, fresh }: Fold): void {
    const { queue } = this.#options;
    for (const job of jobs) if (isOver(job) && !this.#changed.jobs.has(job)) queue.forget(job);
    for (const each of fresh) {
      queue.dropUnused(each);
      if (!this.#changed.fresh.has(each)) queue.forgetFresh(each);
    }
  }

  #tellFolded(through: number): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((each) => each.through > through);
    for (const each of waiting) if (each.through <= through) each.resolve();
  }
}

type Appended = ReturnType<Store['append']>;

/** After a failure of the store this never resolves, so that nothing goes on; the store has already told its owner. */
const unlessBroken = (durable: Promise<void>): Promise<void> =>
  durable.catch(() => new Promise<never>(() => {}));

/** The text of a transition in the journal. The differences of submitted procs are stored beside it. */
export const recordOf = (transition: Transition): string =>
  JSON.stringify(
    transition.type === 'submit' ? { ...transition, procs: transition.procs.count } : transition,
  );
