import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Autocluster } from './autocluster.ts';

interface Waiting {
  readonly limit: Limit;
  readonly autoclusters: Set<Autocluster>;
}

/** Autoclusters that wait for a concurrency limit. However many there are, a negotiation checks each amount of a limit once. */
export class HeldBack {
  readonly #byLimit = new Map<string, Waiting>();
  readonly #keys = new Map<Autocluster, Set<string>>();

  /** Beside those that it waits for already: what it looked at before, it does not look at again. */
  add(autocluster: Autocluster, limits: Iterable<Limit>): void {
    for (const limit of limits) {
      const key = `${limit.name}:${limit.amount}`;
      const waiting = this.#byLimit.get(key) ?? { limit, autoclusters: new Set() };
      this.#byLimit.set(key, waiting);
      waiting.autoclusters.add(autocluster);
      const keys = this.#keys.get(autocluster) ?? new Set();
      this.#keys.set(autocluster, keys.add(key));
    }
  }

  /** The autocluster no longer waits, and must try all slots again: some may have fitted all along. */
  delete(autocluster: Autocluster): void {
    const keys = this.#keys.get(autocluster);
    if (keys === undefined) return;
    for (const key of keys) {
      const waiting = this.#byLimit.get(key);
      waiting?.autoclusters.delete(autocluster);
      if (waiting?.autoclusters.size === 0) this.#byLimit.delete(key);
    }
    this.#keys.delete(autocluster);
    autocluster.lookedThrough = 0;
  }

  /** The autoclusters for which a limit has room now. */
  withRoom(hasRoom: (limit: Limit) => boolean): readonly Autocluster[] {
    const those = [...this.#byLimit.values()].filter(({ limit }) => hasRoom(limit));
    return those.flatMap(({ autoclusters }) => [...autoclusters]);
  }
}
