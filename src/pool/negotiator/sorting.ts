/** Milliseconds of sorting before other work gets its turn. */
const turn = 10;

interface SortingOptions {
  readonly later: (run: () => void) => void;
  /** Called when more jobs have been sorted. */
  readonly onSorted: () => void;
}

/**
 * Sorts changed jobs into their autoclusters, step by step. What does not fit into one turn continues in later ones, where all
 * pending changes take turns, so that a small change does not wait for all of a large one.
 */
export class Sorting {
  readonly #options: SortingOptions;
  readonly #waiting: Iterator<void>[] = [];
  #isAwaited = false;

  constructor(options: SortingOptions) {
    this.#options = options;
  }

  /** While true, some jobs are not matched yet. */
  get isUnderWay(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes these steps. At least the first ones are taken when this returns. */
  take(steps: Iterator<void>): void {
    this.#sort(steps);
    if (this.isUnderWay && !this.#isAwaited) this.#goOnLater();
    this.#options.onSorted();
  }

  #goOnLater(): void {
    this.#isAwaited = true;
    this.#options.later(() => {
      this.#isAwaited = false;
      const rest = this.#waiting.shift();
      if (rest !== undefined) this.#sort(rest);
      if (this.isUnderWay) this.#goOnLater();
      this.#options.onSorted();
    });
  }

  /** Sorts for one turn; what is left waits for another. */
  #sort(steps: Iterator<void>): void {
    const began = performance.now();
    while (steps.next().done !== true) {
      if (performance.now() - began < turn) continue;
      this.#waiting.push(steps);
      return;
    }
  }
}
