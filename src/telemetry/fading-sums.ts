import type { Clock } from '#base/clock.ts';

interface Sum {
  value: number;
  at: number;
}

export interface FadingSumsOptions {
  readonly clock: Clock;
  /** Milliseconds after which what was added counts half. */
  readonly halfLife: number;
  /** The most names that have a sum of their own. */
  readonly most: number;
}

/** Stands for a thing whose name is not known. */
export const unknownName = '(unknown)';

/**
 * Sums by name that fade, so that the largest of them are those of late. However many names come, few are kept: what is
 * smallest goes when the room is needed.
 */
export class FadingSums {
  readonly #options: FadingSumsOptions;
  readonly #sums = new Map<string, Sum>();

  constructor(options: FadingSumsOptions) {
    this.#options = options;
  }

  add(name: string, amount: number): void {
    const known = this.#sums.get(name);
    if (known === undefined) this.#makeRoom();
    const value = (known === undefined ? 0 : this.#now(known)) + amount;
    this.#sums.set(name, { value, at: this.#options.clock.monotonic() });
  }

  /** The largest first. */
  largest(count: number): readonly (readonly [name: string, value: number])[] {
    return this.#sorted().slice(0, count);
  }

  #sorted(): [string, number][] {
    return [...this.#sums]
      .map(([name, sum]): [string, number] => [name, this.#now(sum)])
      .sort((one, other) => other[1] - one[1]);
  }

  /** Half of the names at once: whoever sends a new name each time must not make each of them costly. */
  #makeRoom(): void {
    const { most } = this.#options;
    if (this.#sums.size < most) return;
    for (const [name] of this.#sorted().slice(Math.floor(most / 2))) this.#sums.delete(name);
  }

  #now({ value, at }: Sum): number {
    const { clock, halfLife } = this.#options;
    return value * 2 ** (-Math.max(0, clock.monotonic() - at) / halfLife);
  }
}
