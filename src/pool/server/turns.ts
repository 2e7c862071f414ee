/**
 * Turns for requests that take long, one at each turn of the event loop however many there are, and one user after the other:
 * a user who asks for a hundred lists waits a hundred times as long for them, and nobody else does.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #later: (run: () => void) => void;

  /** @param later runs something when others have had their turn */
  constructor(later: (run: () => void) => void = setImmediate) {
    this.#later = later;
  }

  /** Resolves when it is the turn of a request of `user`. */
  next(user: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) this.#later(() => this.#give());
      const own = this.#waiting.get(user);
      if (own === undefined) this.#waiting.set(user, [resolve]);
      else own.push(resolve);
    });
  }

  #give(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [user, own] = first;
    const [resolve, ...others] = own;
    this.#waiting.delete(user);
    if (others.length > 0) this.#waiting.set(user, others);
    if (this.#waiting.size > 0) this.#later(() => this.#give());
    resolve?.();
  }
}
