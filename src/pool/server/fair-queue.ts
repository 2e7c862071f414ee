/**
 * Does one piece of work at a time, in turns for each user: whoever asks for a hundred at once waits for them, and others for one
 * of them. It is for work of the store's thread, in which commits would otherwise wait behind all that is asked for.
 */
export class FairQueue {
  /** What waits, by user; the user whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isBusy = false;

  async run<T>(user: string, work: () => Promise<T>): Promise<T> {
    if (this.#isBusy) {
      await new Promise<void>((resolve) => {
        const own = this.#waiting.get(user);
        if (own === undefined) this.#waiting.set(user, [resolve]);
        else own.push(resolve);
      });
    }
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#isBusy = false;
      return;
    }
    const [user, [begin, ...others]] = first;
    this.#waiting.delete(user);
    if (others.length > 0) this.#waiting.set(user, others);
    begin?.();
  }
}
