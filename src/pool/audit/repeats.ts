import type { Clock, Timer } from '#base/clock.ts';

/** Milliseconds for which what is alike is counted rather than told, and for which at the longest if it goes on. */
const shortest = 60_000;
const longest = 3_600_000;

/** The most kinds that are known at a time. */
const mostKnown = 10_000;

interface Known<About> {
  readonly about: About;
  window: number;
  until: number;
  times: number;
  firstAt: number;
}

/** So many more of a kind, since one that was told. */
export interface More<About> {
  readonly about: About;
  readonly times: number;
  readonly firstAt: number;
}

/**
 * Tells the first of things that are alike at once, and of others only how many there were: after a minute, and while they go
 * on, in longer and longer intervals.
 */
export class Repeats<About> {
  readonly #known = new Map<string, Known<About>>();
  readonly #clock: Clock;
  readonly #tell: (more: More<About>) => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, tell: (more: More<About>) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Whether so many kinds are known that no further one should be told by itself. */
  get isFull(): boolean {
    return this.#known.size >= mostKnown;
  }

  /**
   * Counts one of a kind.
   * @param first tells the first of its kind, and each one of too many kinds
   * @returns what `first` returned for this kind
   */
  count(kind: string, first: () => About): About {
    const known = this.#known.get(kind);
    if (known !== undefined) {
      if (known.times === 0) known.firstAt = this.#clock.wall();
      known.times += 1;
      return known.about;
    }
    const about = first();
    // One kind more than `isFull` says: that of all for which there was no room.
    if (this.#known.size > mostKnown) return about;
    const until = this.#clock.monotonic() + shortest;
    this.#known.set(kind, { about, window: shortest, until, times: 0, firstAt: 0 });
    this.#timer ??= this.#clock.after(shortest, () => this.#look());
    return about;
  }

  /** The next one of this kind is the first again. */
  forget(kind: string): void {
    this.#known.delete(kind);
  }

  /** Tells what has been counted, and forgets everything. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const known of this.#known.values()) this.#tellMore(known);
    this.#known.clear();
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const [kind, known] of this.#known) {
      if (known.until > now) continue;
      if (known.times === 0) this.#known.delete(kind);
      this.#tellMore(known);
      known.window = Math.min(2 * known.window, longest);
      known.until = now + known.window;
    }
    this.#timer = this.#known.size === 0 ? undefined : this.#clock.after(shortest, () => this.#look());
  }

  #tellMore(known: Known<About>): void {
    const { about, times, firstAt } = known;
    if (times > 0) this.#tell({ about, times, firstAt });
    known.times = 0;
  }
}
