/** Milliseconds of others' work in a turn of the event loop that tell that the pool is busy. */
const busy = 1;

/** Turns that are left to others, while they are busy, before a request has its own all the same. */
const mostLeft = 8;

interface TurnsOptions {
  /** Runs something when others have had their turn. */
  readonly later: (run: () => void) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Turns for requests that take long, one at a turn of the event loop however many there are, and one user after the other: a
 * user who asks for a hundred lists waits a hundred times as long for them, and nobody else does. While others are busy most
 * turns of the loop are theirs.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #options: TurnsOptions;
  #left = 0;
  /** The user whose request works. */
  #working: string | undefined;
  /** When the work of a request last ended: what comes after it is others'. */
  #ended = 0;

  constructor(options: TurnsOptions = { later: setImmediate, now: () => performance.now() }) {
    this.#options = options;
  }

  /** Resolves when it is the turn of a request of `user`. */
  next(user: string): Promise<void> {
    if (this.#working === user) this.#rest();
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) this.#later();
      const own = this.#waiting.get(user);
      if (own === undefined) this.#waiting.set(user, [resolve]);
      else own.push(resolve);
    });
  }

  #rest(): void {
    this.#working = undefined;
    this.#ended = this.#options.now();
  }

  #later(): void {
    const { later, now } = this.#options;
    this.#rest();
    later(() => {
      if (now() - this.#ended < busy || this.#left >= mostLeft) this.#give();
      else {
        this.#left += 1;
        this.#later();
      }
    });
  }

  #give(): void {
    this.#left = 0;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [user, own] = first;
    const [resolve, ...others] = own;
    this.#waiting.delete(user);
    if (others.length > 0) this.#waiting.set(user, others);
    if (this.#waiting.size > 0) this.#later();
    this.#working = user;
    resolve?.();
  }
}
