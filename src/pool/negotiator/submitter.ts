import type { Autocluster } from './autocluster.ts';
import type { FreeSlots } from './free-slots.ts';

function byPriorityThenAge(autoclusters: Iterable<Autocluster>): readonly Autocluster[] {
  return Array.from(autoclusters, (each) => ({ each, age: each.waiting.oldestCluster }))
    .sort((a, b) => b.each.priority - a.each.priority || a.age - b.age)
    .map(({ each }) => each);
}

function coresOf(autoclusters: Iterable<Autocluster>): number {
  let cores = 0;
  for (const each of autoclusters) cores += each.waiting.size * each.cores;
  return cores;
}

const prioritiesOf = (autoclusters: Iterable<Autocluster>): number[] =>
  Array.from(autoclusters, ({ priority }) => priority);

/** The most autoclusters of a submitter in one batch. */
const together = 200;

/** The most priorities that are searched for one batch; most of them may have nothing to try. */
const mostWalked = 2_000;

/** Whether nothing that has changed can make a difference to an autocluster that has tried slots before; it has seen that then. */
export type IsVain = (autocluster: Autocluster) => boolean;

/** Waiting autoclusters of one priority. */
interface Level {
  /** Autoclusters that must be tried even if no slot is new. */
  readonly fresh: Set<Autocluster>;
  /** Autoclusters that were tried and fitted no slot, in the order in which they were tried. */
  readonly seen: Set<Autocluster>;
}

/**
 * The waiting autoclusters of one user. They are swept from the highest priority to the lowest, some at a time, and again when
 * something is new. So the work of finding the next batch depends on its size, and not on how many autoclusters there are.
 */
export class Submitter {
  readonly owner: string;
  readonly #levels = new Map<number, Level>();
  /** Descending. */
  readonly #priorities: number[] = [];
  readonly #batch = new Set<Autocluster>();
  /** The current sweep: the priority that it has reached, and the newest slot when it began. */
  #sweep: { readonly through: number; at: number } | undefined;
  /** All tried autoclusters have tried the slots up to this number. */
  #sweptThrough = 0;
  #fresh = 0;

  constructor(owner: string) {
    this.owner = owner;
  }

  get isEmpty(): boolean {
    return this.#levels.size === 0 && this.#batch.size === 0;
  }

  /** The highest priority of its waiting jobs. */
  get highest(): number {
    return Math.max(this.#priorities[0] ?? Number.NEGATIVE_INFINITY, ...prioritiesOf(this.#batch));
  }

  /** Whether any autocluster has to be tried. */
  isDue(slots: FreeSlots): boolean {
    if (this.#batch.size > 0 || this.#fresh > 0 || this.#sweep !== undefined) return true;
    return this.#levels.size > 0 && this.#sweptThrough < slots.newest;
  }

  /** Adds an autocluster that has waiting jobs now, or that must be tried again. */
  enter(autocluster: Autocluster): void {
    this.leave(autocluster);
    this.#level(autocluster.priority).fresh.add(autocluster);
    this.#fresh += 1;
  }

  /** Removes an autocluster without waiting jobs. */
  leave(autocluster: Autocluster): void {
    this.#batch.delete(autocluster);
    const { priority } = autocluster;
    const level = this.#levels.get(priority);
    if (level === undefined) return;
    if (level.fresh.delete(autocluster)) this.#fresh -= 1;
    level.seen.delete(autocluster);
    this.#dropEmpty(priority, level);
  }

  /** The batch to try now, by priority, then by age; each autocluster stays in it until {@link looked}. */
  next(slots: FreeSlots, isVain: IsVain): readonly Autocluster[] {
    if (this.#batch.size === 0 && this.isDue(slots)) this.#fill(slots, isVain);
    return byPriorityThenAge(this.#batch);
  }

  /** The cores that the waiting jobs request. */
  cores(): number {
    let cores = 0;
    for (const { fresh, seen } of this.#levels.values()) cores += coresOf(fresh) + coresOf(seen);
    return cores + coresOf(this.#batch);
  }

  /** Takes note that an autocluster has tried slots. @param atAll whether it has tried all of them */
  looked(autocluster: Autocluster, atAll: boolean): void {
    if (!this.#batch.delete(autocluster)) return;
    if (atAll) this.#level(autocluster.priority).seen.add(autocluster);
    else this.enter(autocluster);
  }

  /** Continues the sweep. */
  #fill(slots: FreeSlots, isVain: IsVain): void {
    this.#sweep ??= { through: slots.newest, at: Number.POSITIVE_INFINITY };
    const sweep = this.#sweep;
    const from = this.#indexOf(sweep.at);
    for (const priority of this.#priorities.slice(from, from + mostWalked)) {
      sweep.at = priority;
      this.#take(priority, sweep.through, isVain);
      if (this.#batch.size >= together) return;
    }
    if (from + mostWalked < this.#priorities.length) return;
    this.#sweep = undefined;
    this.#sweptThrough = sweep.through;
  }

  /** Moves the autoclusters of a level that have to be tried to the batch, while it has room. */
  #take(priority: number, through: number, isVain: IsVain): void {
    const level = this.#level(priority);
    for (const autocluster of level.fresh) {
      if (this.#batch.size >= together) return;
      level.fresh.delete(autocluster);
      this.#fresh -= 1;
      this.#batch.add(autocluster);
    }
    for (const autocluster of level.seen) {
      // All after it were tried later, so they have seen these slots too.
      if (this.#batch.size >= together || autocluster.lookedThrough >= through) return;
      level.seen.delete(autocluster);
      if (isVain(autocluster)) level.seen.add(autocluster);
      else this.#batch.add(autocluster);
    }
  }

  #level(priority: number): Level {
    let level = this.#levels.get(priority);
    if (level === undefined) {
      level = { fresh: new Set(), seen: new Set() };
      this.#levels.set(priority, level);
      this.#priorities.splice(this.#indexOf(priority), 0, priority);
    }
    return level;
  }

  #dropEmpty(priority: number, level: Level): void {
    if (level.fresh.size + level.seen.size > 0) return;
    this.#levels.delete(priority);
    this.#priorities.splice(this.#indexOf(priority), 1);
  }

  /** The index of the first priority that is not higher. */
  #indexOf(priority: number): number {
    let [low, high] = [0, this.#priorities.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#priorities[middle] ?? 0) > priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
