/** Choices by random numbers, the same for the same seed. */
export class RandomChoice {
  readonly #random: () => number;

  /** @param random from 0 to 1, without 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** @throws Error if there is nothing to choose from */
  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('there is nothing to choose from');
    return item;
  }
}
