/** How many deaths are remembered; the oldest are forgotten first. */
const most = 20_000;

interface Death {
  readonly pool: string;
  readonly reason: string;
  reported: boolean;
}

/**
 * Pilots whose death the kubelet has proved, by uid, and whether their pool knows. A pool asks again for those that
 * hold jobs, so they are remembered beyond their pods.
 */
export class Graveyard {
  readonly #deaths = new Map<string, Death>();
  readonly #handlers = new Set<(pool: string) => void>();

  /** @param reason the proof, in words */
  bury(uid: string, pool: string, reason: string): void {
    if (this.#deaths.has(uid)) return;
    this.#deaths.set(uid, { pool, reason, reported: false });
    if (this.#deaths.size > most) {
      const [oldest] = this.#deaths.keys();
      if (oldest !== undefined) this.#deaths.delete(oldest);
    }
    for (const handler of this.#handlers) handler(pool);
  }

  /** Deaths that their pool has not been told of. */
  unreported(pool: string): readonly { readonly uid: string; readonly reason: string }[] {
    return [...this.#deaths].flatMap(([uid, death]) =>
      death.pool === pool && !death.reported ? [{ uid, reason: death.reason }] : [],
    );
  }

  reported(uid: string): void {
    const death = this.#deaths.get(uid);
    if (death !== undefined) death.reported = true;
  }

  isReported(uid: string): boolean {
    return this.#deaths.get(uid)?.reported ?? false;
  }

  /** The pool asks for these: it forgot what it was told, or it holds jobs of pilots that nobody proved dead. */
  askAgain(uids: readonly string[]): void {
    for (const uid of uids) {
      const death = this.#deaths.get(uid);
      if (death !== undefined) death.reported = false;
    }
  }

  onDeath(handler: (pool: string) => void): void {
    this.#handlers.add(handler);
  }
}
