/** Delays between tries, in milliseconds: from `first` doubled up to `most`, each reduced at random by up to half. */
export class Backoff {
  readonly #first: number;
  readonly #most: number;
  readonly #random: () => number;
  #tries = 0;

  constructor(options: { first: number; most: number; random: () => number }) {
    this.#first = options.first;
    this.#most = options.most;
    this.#random = options.random;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const whole = Math.min(this.#most, this.#first * 2 ** this.#tries);
    this.#tries += 1;
    return whole * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#tries = 0;
  }
}
