import type { PoolDemand } from '#backend/pool.ts';
import type { Clock } from '#base/clock.ts';
import type { Heard } from './heard.ts';

interface Entry {
  last: PoolDemand | undefined;
  /** Monotonic milliseconds since which the pool answers, or does not. */
  since: number;
  /** Undefined while the pool answers. */
  problem: string | undefined;
}

/** Where listeners put what the pools said, and everybody else finds it. Names are `NAMESPACE/NAME` of GlideinPools. */
export class DemandBoard {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #handlers = new Set<(pool: string) => void>();
  readonly #begun: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begun = clock.monotonic();
  }

  heard(pool: string): Heard {
    const entry = this.#entries.get(pool);
    const now = this.#clock.monotonic();
    if (entry?.problem === undefined && entry?.last !== undefined) {
      return { known: true, last: entry.last, answersFor: now - entry.since };
    }
    const { since = this.#begun, problem = 'nobody has asked the pool yet', last } = entry ?? {};
    return { known: false, reason: problem, forSeconds: (now - since) / 1000, last };
  }

  /** The pool answered; it may say itself that it cannot tell yet. */
  answered(pool: string, demand: PoolDemand): void {
    if (!demand.known) {
      this.failed(pool, demand.reason ?? 'the pool cannot tell yet');
      return;
    }
    const entry = this.#entries.get(pool);
    const since = entry?.problem === undefined && entry !== undefined ? entry.since : this.#clock.monotonic();
    this.#entries.set(pool, { last: demand, since, problem: undefined });
    this.#tell(pool);
  }

  failed(pool: string, problem: string): void {
    const entry = this.#entries.get(pool);
    const since = entry?.problem !== undefined ? entry.since : this.#clock.monotonic();
    this.#entries.set(pool, { last: entry?.last, since, problem });
    this.#tell(pool);
  }

  forget(pool: string): void {
    this.#entries.delete(pool);
    this.#tell(pool);
  }

  /** Tells `handler` of each pool of which something new is known. */
  onNews(handler: (pool: string) => void): void {
    this.#handlers.add(handler);
  }

  #tell(pool: string): void {
    for (const handler of this.#handlers) handler(pool);
  }
}
