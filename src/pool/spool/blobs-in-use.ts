/** The digests that requests use, and those that are being named or removed: neither disturbs the other. */
export class BlobsInUse {
  /** Digests that are being read or uploaded now, and by how many requests. */
  readonly #used = new Map<string, number>();
  /** Digests that are being named or removed now. */
  readonly #changing = new Map<string, Promise<void>>();

  /** Whether somebody reads or uploads it now. */
  has(digest: string): boolean {
    return this.#used.has(digest);
  }

  /**
   * Works with a file that no sweep may remove meanwhile. The use is noted before anything is awaited: either the sweep
   * sees it and leaves the file alone, or the work begins after the sweep has removed the file.
   */
  async use<T>(digest: string, work: () => Promise<T>): Promise<T> {
    this.#used.set(digest, (this.#used.get(digest) ?? 0) + 1);
    try {
      await this.#changing.get(digest);
      return await work();
    } finally {
      const others = (this.#used.get(digest) ?? 1) - 1;
      if (others === 0) this.#used.delete(digest);
      else this.#used.set(digest, others);
    }
  }

  /** Whoever uses a file waits until its name has appeared durably, or is gone. */
  async change<T>(digest: string, change: Promise<T>): Promise<T> {
    const over = change.then(
      () => undefined,
      () => undefined,
    );
    this.#changing.set(digest, over);
    try {
      return await change;
    } finally {
      if (this.#changing.get(digest) === over) this.#changing.delete(digest);
    }
  }
}
