import { Allowance } from './allowance.ts';

/** The pool counts as busy if other work takes this many milliseconds of a turn of the event loop. */
const busy = 1;

/** The most turns in a row that are left to other work while the pool is busy. */
const mostLeft = 8;

interface TurnsOptions {
  /** Runs something after other work has had its turn. */
  readonly later: (run: () => void) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Schedules long requests: one slice per turn of the event loop, in turns for each user. A user who asks for a hundred lists
 * waits a hundred times as long, and nobody else does; a little work each second need not wait for its turn. While the pool is
 * busy with other work, that work gets most turns.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #options: TurnsOptions;
  readonly #allowance: Allowance;
  #left = 0;
  /** The user whose request is being worked on. */
  #working: string | undefined;
  /** When the last slice ended: the time since then went to other work. */
  #ended = 0;

  constructor(options: TurnsOptions = { later: setImmediate, now: () => performance.now() }) {
    this.#options = options;
    this.#allowance = new Allowance(options.now);
  }

  /**
   * Resolves when a request of `user` may work for one slice.
   * @param spent milliseconds of work of the request since its last turn; a request that does not know it always waits
   */
  next(user: string, spent?: number): Promise<void> {
    if (spent !== undefined) this.charge(user, spent);
    if (this.#working === user) this.#rest();
    if (spent !== undefined && this.#allowance.has(user) && !this.#waiting.has(user))
      return Promise.resolve();
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) this.#later();
      const own = this.#waiting.get(user);
      if (own === undefined) this.#waiting.set(user, [resolve]);
      else own.push(resolve);
    });
  }

  /** Takes note of the work of a request after which no turn comes. */
  charge(user: string, spent: number): void {
    this.#allowance.charge(user, spent);
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
