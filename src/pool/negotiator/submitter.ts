import { Heap } from '#base/heap.ts';
import type { Autocluster } from './autocluster.ts';
import type { FreeSlots } from './free-slots.ts';
import type { Served } from './serve.ts';
import { type News, SleepingAutoclusters } from './sleeping-autoclusters.ts';

function byPriorityThenAge(autoclusters: Iterable<Autocluster>): readonly Autocluster[] {
  return Array.from(autoclusters, (each) => ({ each, age: each.waiting.oldestCluster }))
    .sort((a, b) => b.each.priority - a.each.priority || a.age - b.age)
    .map(({ each }) => each);
}

/** The most autoclusters of a submitter in one batch. */
const together = 200;

/** Whether nothing that has changed can make a difference to an autocluster that has tried slots before; it has seen that then. */
export type IsVain = (autocluster: Autocluster) => boolean;

/**
 * The waiting autoclusters of one submitter. Those that have to try slots do so from the highest priority to the lowest, some at a
 * time, and those of equal priority in turn; the others sleep.
 */
export class Submitter {
  readonly name: string;
  readonly owner: string;
  readonly #sleepers: SleepingAutoclusters;
  /** Some that sleep may have to try slots again; all changes up to this number are known to them. */
  #stirredSince: number | undefined;
  /** When each has tried slots last: a number that grows from one to the next. */
  readonly #waiting = new Map<Autocluster, number>();
  /** Those that have to try slots, beside the batch. */
  readonly #due = new Set<Autocluster>();
  readonly #batch = new Set<Autocluster>();
  /** The lowest priority in the batch, if there is one. */
  #lowest = 0;
  #tries = 0;

  /** @param onNew called when an autocluster sleeps of which nothing is known yet */
  constructor({ submitter, owner }: Autocluster, onNew: (submitter: Submitter) => void) {
    this.name = submitter;
    this.owner = owner;
    this.#sleepers = new SleepingAutoclusters(() => onNew(this));
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whether any autocluster has to be tried, beside those that sleep. */
  get isDue(): boolean {
    return this.#batch.size + this.#due.size > 0;
  }

  /** Whether some that sleep may have to try slots again. */
  get isStirred(): boolean {
    return this.#stirredSince !== undefined;
  }

  /** What a change means for those that sleep; if it might help any of them now, they are woken in the next turn. */
  hear(news: News): 'now' | 'not now' | 'never' {
    const heard = this.#sleepers.hear(news);
    if (heard === 'now') this.#stirredSince = news.since;
    return heard;
  }

  /** Looks whether what has stirred those that sleep is still there; others may have got it. */
  calm(slots: FreeSlots): void {
    const since = this.#stirredSince;
    if (since === undefined) return;
    const { generation } = slots;
    const isThere = slots
      .bucketsSince(since)
      .some((bucket) => this.#sleepers.hear({ bucket, since, generation }) === 'now');
    if (!isThere) this.#stirredSince = undefined;
  }

  /** Whether jobs with a higher priority wait. */
  hasHigher(than: number): boolean {
    return this.#waiting.keys().some(({ priority }) => priority > than);
  }

  /** Adds an autocluster that has waiting jobs now, or that must be tried again. */
  enter(autocluster: Autocluster): void {
    if (!this.#waiting.has(autocluster)) this.#waiting.set(autocluster, 0);
    this.#sleepers.delete(autocluster);
    if (this.#batch.has(autocluster)) return;
    this.#due.add(autocluster);
    if (this.#batch.size > 0 && autocluster.priority > this.#lowest) this.#dissolve();
  }

  /** Removes an autocluster without waiting jobs. */
  leave(autocluster: Autocluster): void {
    this.#waiting.delete(autocluster);
    this.#sleepers.forget(autocluster);
    this.#due.delete(autocluster);
    this.#batch.delete(autocluster);
  }

  /** The batch to try now, by priority, then by age; each autocluster stays in it until {@link looked}. */
  next(slots: FreeSlots, isVain: IsVain): readonly Autocluster[] {
    const isOver = this.#batch.size === 0 || this.#batch.size + this.#due.size <= together;
    if (isOver || this.isStirred) {
      this.#dissolve();
      this.#fill(slots, isVain);
    }
    return byPriorityThenAge(this.#batch);
  }

  /** The cores that the waiting jobs request. */
  cores(): number {
    let cores = 0;
    for (const each of this.#waiting.keys()) cores += each.waiting.size * each.cores;
    return cores;
  }

  /** Takes note that an autocluster has tried slots. */
  looked(autocluster: Autocluster, served: Exclude<Served, 'turn'>): void {
    if (!this.#batch.delete(autocluster)) return;
    this.#tries += 1;
    this.#waiting.set(autocluster, this.#tries);
    if (served === 'part') this.#due.add(autocluster);
    else if (served === 'all') this.#sleepers.add(autocluster);
  }

  /** Others may come first. */
  #dissolve(): void {
    for (const each of this.#batch) this.#due.add(each);
    this.#batch.clear();
  }

  /**
   * Chooses those of the highest priorities, and of the last of these, those that have not tried slots for longest. Those that sleep
   * and are not chosen sleep on, and stay stirred: most often nothing is left for them when the batch is over.
   */
  #fill(slots: FreeSlots, isVain: IsVain): void {
    const chosen = new Heap<Autocluster>((a, b) => this.#compare(b, a));
    const choose = (each: Autocluster) => {
      if (chosen.size === together && this.#compare(each, chosen.first as Autocluster) >= 0) return;
      chosen.push(each);
      if (chosen.size > together) chosen.pop();
    };
    for (const each of this.#due) {
      if (!isVain(each)) {
        choose(each);
        continue;
      }
      this.#due.delete(each);
      this.#sleepers.add(each);
    }
    const since = this.#stirredSince ?? slots.newest;
    let left = 0;
    for (const each of this.#sleepers.stirred(slots, since)) {
      choose(each);
      left += 1;
    }
    this.#lowest = chosen.first?.priority ?? 0;
    for (let each = chosen.pop(); each !== undefined; each = chosen.pop()) {
      this.#batch.add(each);
      if (this.#due.delete(each)) continue;
      this.#sleepers.wake(each, since);
      left -= 1;
    }
    if (left === 0) this.#stirredSince = undefined;
  }

  #compare(a: Autocluster, b: Autocluster): number {
    return b.priority - a.priority || (this.#waiting.get(a) ?? 0) - (this.#waiting.get(b) ?? 0);
  }
}
