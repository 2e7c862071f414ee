import type { Autocluster } from './autocluster.ts';
import type { SlotNews } from './slot-news.ts';

/** Autoclusters of a submitter that are looked at together. */
const together = 200;

/** Priorities that are walked over to find them, most of which may have nothing to look at. */
const mostWalked = 2_000;

/** Waiting autoclusters of one priority. */
interface Level {
  /** Those that are to be looked at whatever the slots are. */
  readonly fresh: Set<Autocluster>;
  /** Those that were looked at, and that no slot took; in that order. */
  readonly seen: Set<Autocluster>;
}

/**
 * The waiting autoclusters of one user. However many there are, finding those to look at next takes work for as many as are
 * found: they are swept from the highest priority to the lowest, some at a time, and again when something is new.
 */
export class Submitter {
  /** Milliseconds of matching that this user has left. */
  credit: number;
  readonly #levels = new Map<number, Level>();
  /** Descending. */
  readonly #priorities: number[] = [];
  readonly #batch = new Set<Autocluster>();
  /** The sweep under way: the priority to which it has come, and the newest slot when it began. */
  #sweep: { readonly through: number; at: number } | undefined;
  /** Slots up to this one are news to none that was looked at. */
  #sweptThrough = 0;
  #fresh = 0;

  constructor(credit: number) {
    this.credit = credit;
  }

  get isEmpty(): boolean {
    return this.#levels.size === 0 && this.#batch.size === 0;
  }

  /** Whether any of them is to be looked at. */
  isDue(news: SlotNews): boolean {
    if (this.#batch.size > 0 || this.#fresh > 0 || this.#sweep !== undefined) return true;
    return this.#levels.size > 0 && this.#sweptThrough < news.newestThere;
  }

  /** It has waiting jobs now, or must be looked at again all the same. */
  enter(autocluster: Autocluster): void {
    this.leave(autocluster);
    this.#level(autocluster.priority).fresh.add(autocluster);
    this.#fresh += 1;
  }

  /** None of its jobs waits any more. */
  leave(autocluster: Autocluster): void {
    this.#batch.delete(autocluster);
    const { priority } = autocluster;
    const level = this.#levels.get(priority);
    if (level === undefined) return;
    if (level.fresh.delete(autocluster)) this.#fresh -= 1;
    level.seen.delete(autocluster);
    this.#dropEmpty(priority, level);
  }

  /** Those to be looked at now; each stays here until it {@link looked}. */
  next(news: SlotNews): ReadonlySet<Autocluster> {
    if (this.#batch.size === 0 && this.isDue(news)) this.#fill(news);
    return this.#batch;
  }

  /** It has looked at slots: at all that there are, or not yet at all. */
  looked(autocluster: Autocluster, atAll: boolean): void {
    if (!this.#batch.delete(autocluster)) return;
    if (atAll) this.#level(autocluster.priority).seen.add(autocluster);
    else this.enter(autocluster);
  }

  /** Goes on with the sweep from where it is. */
  #fill(news: SlotNews): void {
    this.#sweep ??= { through: news.newestThere, at: Number.POSITIVE_INFINITY };
    const sweep = this.#sweep;
    const from = this.#indexOf(sweep.at);
    for (const priority of this.#priorities.slice(from, from + mostWalked)) {
      sweep.at = priority;
      this.#take(priority, sweep.through);
      if (this.#batch.size >= together) return;
    }
    if (from + mostWalked < this.#priorities.length) return;
    this.#sweep = undefined;
    this.#sweptThrough = sweep.through;
  }

  /** Moves what is to be looked at from a level to the batch, while there is room. */
  #take(priority: number, through: number): void {
    const level = this.#level(priority);
    for (const autocluster of level.fresh) {
      if (this.#batch.size >= together) return;
      level.fresh.delete(autocluster);
      this.#fresh -= 1;
      this.#batch.add(autocluster);
    }
    for (const autocluster of level.seen) {
      // Those after it looked later.
      if (this.#batch.size >= together || autocluster.lookedThrough >= through) return;
      level.seen.delete(autocluster);
      this.#batch.add(autocluster);
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

  /** Where the first priority stands that is not higher. */
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
