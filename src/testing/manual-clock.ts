import type { Clock, Timer } from '#base/clock.ts';

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it; timers fire in the order of their instants. */
export class ManualClock implements Clock {
  #monotonic = 0;
  #wall: number;
  readonly #timers = new Set<Due>();

  constructor(wall = 1_700_000_000_000) {
    this.#wall = wall;
  }

  wall(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(milliseconds: number, run: () => void): Timer {
    const due = { at: this.#monotonic + Math.max(0, milliseconds), run };
    this.#timers.add(due);
    return { cancel: () => this.#timers.delete(due) };
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets this many milliseconds pass. */
  advance(milliseconds: number): void {
    const end = this.#monotonic + milliseconds;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#pass(next.at - this.#monotonic);
      next.run();
    }
    this.#pass(end - this.#monotonic);
  }

  /** The wall clock is set to another time; durations do not notice. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  #pass(milliseconds: number): void {
    this.#monotonic += milliseconds;
    this.#wall += milliseconds;
  }
}
