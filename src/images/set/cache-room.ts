interface Waiting {
  readonly bytes: number;
  readonly total: number;
  readonly begin: () => void;
}

/**
 * Room for layers that are on their way. An image says beforehand how large its layers are, and waits until there is room for them. It
 * gets at most half of what is free, so that images with small layers find room beside any number of large ones; only when
 * nothing else is on its way may it have all.
 */
export class CacheRoom {
  #taken = 0;
  #waiting: Waiting[] = [];

  /** Bytes that have been given away. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes room at once, if there is enough. @param total bytes of all room @returns whether it has */
  take(bytes: number, total: number): boolean {
    if (!this.#isEnough(bytes, total)) return false;
    this.#taken += bytes;
    return true;
  }

  /** Takes room as soon as there is enough. @throws the reason of `signal` */
  async wait(bytes: number, total: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiting = {
        bytes,
        total,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    this.#next();
  }

  #next(): void {
    for (const waiting of this.#waiting)
      if (this.take(waiting.bytes, waiting.total)) {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        waiting.begin();
      }
  }

  #isEnough(bytes: number, total: number): boolean {
    return this.#taken === 0 || 2 * bytes <= total - this.#taken;
  }
}
