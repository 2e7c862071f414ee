import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Autocluster } from './autocluster.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlots } from './free-slots.ts';
import { HeldBack } from './held-back.ts';
import { MatchTime } from './match-time.ts';
import type { Served } from './serve.ts';
import { Sleepers } from './sleepers.ts';
import { type IsVain, Submitter } from './submitter.ts';

/** Whether something is left to try: now, or later, once its owners have time again. */
export type Left = 'nothing' | 'now' | 'later';

/** A submitter with something to try. */
export interface WaitingSubmitter {
  readonly submitter: string;
  /** The cores that its waiting jobs request. */
  readonly cores: number;
}

/** Those whose jobs wait for slots, by the names that use is charged to. */
export class Submitters {
  readonly #byName = new Map<string, Submitter>();
  /** Those that have something to try, and some that had. */
  readonly #due = new Set<Submitter>();
  /** Those of whom nobody that sleeps has to try slots again. */
  readonly #calm = new Sleepers<Submitter>();
  /** All changes up to this number have been heard of. */
  #through = 0;
  readonly #heldBack = new HeldBack();
  /** Those with a slot and no memory for a job. */
  readonly #withoutMemory = new Set<Autocluster>();
  readonly #time: MatchTime;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#time = new MatchTime(now);
  }

  /** Adds an autocluster that has waiting jobs now, or that must be tried again. */
  enter(autocluster: Autocluster): void {
    let submitter = this.#byName.get(autocluster.submitter);
    if (submitter === undefined) {
      submitter = new Submitter(autocluster, (each) => this.#learnAnew(each));
      this.#byName.set(autocluster.submitter, submitter);
      this.#calm.add(submitter);
    }
    this.#letGo(autocluster);
    submitter.enter(autocluster);
    this.#due.add(submitter);
  }

  /** Removes an autocluster without waiting jobs. */
  leave(autocluster: Autocluster): void {
    this.#letGo(autocluster);
    const submitter = this.#byName.get(autocluster.submitter);
    submitter?.leave(autocluster);
    if (submitter?.isEmpty !== true) return;
    this.#byName.delete(submitter.name);
    this.#due.delete(submitter);
    this.#calm.forget(submitter);
  }

  /** Keeps an autocluster aside until one of these limits has room for more of its jobs. */
  holdBack(autocluster: Autocluster, limits: Iterable<Limit>): void {
    this.#heldBack.add(autocluster, limits);
  }

  /** Keeps an autocluster aside until the pool has memory for one more job of its owner. */
  holdBackForMemory(autocluster: Autocluster): void {
    this.#withoutMemory.add(autocluster);
  }

  /** Begins a pass: brings back the autoclusters that were held back by a limit which has room now, or for want of memory. */
  letIn(hasRoom: (limit: Limit) => boolean, hasMemory: (owner: string) => boolean): void {
    this.#time.begin();
    for (const autocluster of this.#heldBack.withRoom(hasRoom)) this.enter(autocluster);
    for (const autocluster of this.#withoutMemory) if (hasMemory(autocluster.owner)) this.enter(autocluster);
  }

  /** It must try all slots again: some may have fitted all along. */
  #letGo(autocluster: Autocluster): void {
    this.#heldBack.delete(autocluster);
    if (this.#withoutMemory.delete(autocluster)) autocluster.lookedThrough = 0;
  }

  /** The submitters that may try something now. */
  waiting(slots: FreeSlots): readonly WaitingSubmitter[] {
    this.#time.pay();
    this.#hear(slots);
    const waiting: WaitingSubmitter[] = [];
    for (const each of this.#due) if (this.#time.has(each.owner)) waiting.push(waitingOf(each));
    return waiting;
  }

  /** Those that what has changed might help have something to try again; others may have got it since they heard of it. */
  #hear(slots: FreeSlots): void {
    if (slots.newest > this.#through) {
      for (const bucket of slots.bucketsSince(this.#through)) if (!bucket.isFull) this.#stir(bucket, slots);
      this.#through = slots.newest;
    }
    for (const submitter of this.#due) {
      if (submitter.isDue) continue;
      submitter.calm(slots);
      if (submitter.isStirred) continue;
      this.#calm.add(submitter);
      this.#due.delete(submitter);
    }
  }

  #stir(bucket: Bucket, { generation }: FreeSlots): void {
    for (const submitter of this.#calm.of(bucket)) {
      const heard = submitter.hear({ bucket, since: this.#through, generation });
      if (heard === 'never') this.#calm.exclude(submitter, bucket);
      if (heard !== 'now') continue;
      this.#calm.delete(submitter);
      this.#due.add(submitter);
    }
  }

  /** What is nothing for the others of a submitter may be something for a new one. */
  #learnAnew(submitter: Submitter): void {
    this.#calm.forget(submitter);
    if (!submitter.isStirred) this.#calm.add(submitter);
  }

  /** The autoclusters of a submitter that may be tried in its turn, by priority, then by age. */
  next(submitter: string, slots: FreeSlots, isVain: IsVain): readonly Autocluster[] {
    const known = this.#byName.get(submitter);
    const batch = known?.next(slots, isVain) ?? [];
    if (known?.isStirred === false) this.#calm.add(known);
    return batch;
  }

  /** Whether nobody else's jobs wait, nor others of the same submitter with a higher priority. */
  isFirst({ submitter: name, priority }: Autocluster): boolean {
    return this.#byName.size === 1 && this.#byName.get(name)?.hasHigher(priority) === false;
  }

  /** Whether a user has time left. */
  mayLook(owner: string): boolean {
    return this.#time.has(owner);
  }

  /** Charges the time for which an autocluster has looked at slots. */
  looked(autocluster: Autocluster, served: Served, milliseconds: number): void {
    this.#time.spend(autocluster.owner, milliseconds);
    if (served !== 'turn') this.#byName.get(autocluster.submitter)?.looked(autocluster, served);
  }

  /** @param kept submitters that have something to try and may not */
  left(slots: FreeSlots, kept: ReadonlySet<string> = new Set()): Left {
    this.#hear(slots);
    let left: Left = 'nothing';
    for (const { name, owner } of this.#due) {
      if (kept.has(name)) continue;
      if (this.#time.has(owner)) return 'now';
      left = 'later';
    }
    return left;
  }
}

const waitingOf = (submitter: Submitter): WaitingSubmitter => ({
  submitter: submitter.name,
  get cores() {
    return submitter.cores();
  },
});
