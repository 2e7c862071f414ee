/** The most milliseconds of matching that a user can save up: one with few jobs never has to wait for a turn. */
const mostCredit = 100;

/** The part of the pool's time that is shared among all users who have used up their credit. Looks that find a slot cost nothing. */
const part = 1 / 5;

/** Milliseconds of each pass that cost a user nothing: those with few jobs never need more. */
const freeOfEach = 0.3;

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
  /** What users have spent in this pass. */
  readonly #spent = new Map<string, number>();
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
    const before = this.#spent.get(owner) ?? 0;
    this.#spent.set(owner, before + milliseconds);
    const cost = Math.min(milliseconds, before + milliseconds - freeOfEach);
    if (cost <= 0) return;
    const left = (this.#credits.get(owner) ?? mostCredit) - cost;
    this.#credits.set(owner, left);
    if (left <= 0) this.#resting.add(owner);
  }

  /** Call this at the beginning of a pass. */
  begin(): void {
    this.#spent.clear();
  }

  /** Gives users credit for the time since the last call; the more of them rest, the less. */
  pay(): void {
    const now = this.#now();
    const share = ((now - this.#paid) * part) / Math.max(1, this.#resting.size);
    this.#paid = now;
    for (const [owner, credit] of this.#credits) {
      if (credit + share >= leastCredit) this.#resting.delete(owner);
      if (credit + share >= mostCredit) this.#credits.delete(owner);
      else this.#credits.set(owner, credit + share);
    }
  }
}
