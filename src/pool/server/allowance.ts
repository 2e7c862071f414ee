/** Milliseconds of work that a user may save up, and the share of a processor that it gets back. */
const most = 20;
const share = 0.02;

/** The users of whom the pool remembers what they used; a forgotten one has everything again. */
const mostUsers = 10_000;

/**
 * Work that each user may cause without waiting for turns. A user with small requests never waits behind those who ask for
 * everything, and however many these are, each soon waits in turns.
 */
export class Allowance {
  readonly #now: () => number;
  /** The user that was charged last stands last. */
  readonly #used = new Map<string, { milliseconds: number; at: number }>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  has(user: string): boolean {
    return this.#usedBy(user) < most;
  }

  charge(user: string, milliseconds: number): void {
    const used = this.#usedBy(user) + milliseconds;
    this.#used.delete(user);
    this.#used.set(user, { milliseconds: used, at: this.#now() });
    if (this.#used.size <= mostUsers) return;
    for (const oldest of this.#used.keys().take(1)) this.#used.delete(oldest);
  }

  #usedBy(user: string): number {
    const used = this.#used.get(user);
    return used === undefined ? 0 : Math.max(0, used.milliseconds - (this.#now() - used.at) * share);
  }
}
