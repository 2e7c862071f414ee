/** How many deaths that were told are remembered, and how many that were not; the oldest are forgotten first. */
const most = 20_000;

interface Death {
  readonly pool: string;
  readonly reason: string;
}

export interface UntoldDeath {
  readonly uid: string;
  /** The proof, in words. */
  readonly reason: string;
}

/**
 * Pilots whose processes are dead for certain, by uid, and whether their pool knows. A pool asks again for those that
 * hold jobs, so they are remembered beyond their pods. What is forgotten is found out anew when a pool asks: an operator
 * that does not lead sees every death and tells none.
 */
export class Deaths {
  readonly #untold = new Map<string, Death>();
  readonly #told = new Map<string, Death>();
  readonly #handlers = new Set<(pool: string) => void>();

  /** @param reason the proof, in words */
  note(uid: string, pool: string, reason: string): void {
    if (this.isKnown(uid)) return;
    this.#untold.set(uid, { pool, reason });
    withoutOldest(this.#untold);
    for (const handler of this.#handlers) handler(pool);
  }

  /** Deaths that their pool has not been told of, the newest first: jobs wait for these. */
  untold(pool: string): readonly UntoldDeath[] {
    return [...this.#untold]
      .flatMap(([uid, death]) => (death.pool === pool ? [{ uid, reason: death.reason }] : []))
      .reverse();
  }

  told(uid: string): void {
    const death = this.#untold.get(uid);
    if (death === undefined) return;
    this.#untold.delete(uid);
    this.#told.set(uid, death);
    withoutOldest(this.#told);
  }

  isTold(uid: string): boolean {
    return this.#told.has(uid);
  }

  isKnown(uid: string): boolean {
    return this.#untold.has(uid) || this.#told.has(uid);
  }

  /** The pool asks for these: it forgot what it was told, or it holds jobs of pilots that nobody proved dead. */
  askAgain(uids: readonly string[]): void {
    for (const uid of uids) {
      const death = this.#told.get(uid);
      if (death === undefined) continue;
      this.#told.delete(uid);
      this.#untold.set(uid, death);
    }
  }

  /** The pool is gone, and nobody is left to be told. */
  forgetPool(pool: string): void {
    for (const deaths of [this.#untold, this.#told]) {
      for (const [uid, death] of deaths) if (death.pool === pool) deaths.delete(uid);
    }
  }

  onDeath(handler: (pool: string) => void): void {
    this.#handlers.add(handler);
  }
}

function withoutOldest(deaths: Map<string, Death>): void {
  const [oldest] = deaths.keys();
  if (deaths.size > most && oldest !== undefined) deaths.delete(oldest);
}
