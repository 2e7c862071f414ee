/** The most milliseconds of matching that a user can save up: one with few jobs never has to wait for a turn. */
const mostCredit = 100;

/** The part of the pool's time that is shared among all users who have used up their credit. Looks that find a slot cost nothing. */
const part = 1 / 10;

/** A user without credit rests until there are so many milliseconds of it again: each pass has work to do before the first look. */
const leastCredit = 5;

/**
 * Divides the pool's time for matching among the users: one whose jobs take long to match is served without delaying the others.
 */
export class MatchTime {
  /** Milliseconds that are left; absent for those with full credit. */
  readonly #credits = new Map<string, number>();
  /** Those who have used up their credit, until there is enough of it again. */
  readonly #resting = new Set<string>();
  readonly #now: () => number;
  #paid: number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#paid = now();
  }

  /** Whether a user has time left. */
  has(owner: string): boolean {
    return !this.#resting.has(owner);
  }

  spend(owner: string, milliseconds: number): void {
    if (milliseconds <= 0) return;
    const left = (this.#credits.get(owner) ?? mostCredit) - milliseconds;
    this.#credits.set(owner, left);
    if (left <= 0) this.#resting.add(owner);
  }

  /** Divides the time since the last call among the users who have spent some of their credit. */
  pay(): void {
    const now = this.#now();
    const share = ((now - this.#paid) * part) / Math.max(1, this.#credits.size);
    this.#paid = now;
    for (const [owner, credit] of this.#credits) {
      if (credit + share >= leastCredit) this.#resting.delete(owner);
      if (credit + share >= mostCredit) this.#credits.delete(owner);
      else this.#credits.set(owner, credit + share);
    }
  }
}
