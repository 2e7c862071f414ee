import type { DemandAnswer } from '#backend/pool.ts';
import type { Clock } from '#base/clock.ts';
import { type AnswerFacts, DemandRecord, type PoolDemand } from '#fleet/pool-demand.ts';

/**
 * Where listeners post what the pools have said in this term, for everybody else to read. Pools are named by
 * `NAMESPACE/NAME`.
 *
 * **Gotchas.** What a pool said grows old by itself: read it again at each use, and keep it across no `await`.
 */
export class DemandBoard {
  readonly #clock: Clock;
  readonly #records = new Map<string, DemandRecord>();
  readonly #handlers = new Set<(pool: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  latest(pool: string): PoolDemand {
    return this.#recordOf(pool).look();
  }

  answered(pool: string, demand: DemandAnswer, facts: AnswerFacts): void {
    this.#recordOf(pool).answered(demand, facts);
    this.#tell(pool);
  }

  failed(pool: string, problem: string): void {
    this.#recordOf(pool).failed(problem);
    this.#tell(pool);
  }

  forget(pool: string): void {
    this.#records.delete(pool);
    this.#tell(pool);
  }

  /** A term begins: what pools said in an earlier one may be hours old, and another leader has acted since. */
  clear(): void {
    this.#records.clear();
  }

  /** Calls `handler` for each pool about which something new is known. */
  onNews(handler: (pool: string) => void): void {
    this.#handlers.add(handler);
  }

  #recordOf(pool: string): DemandRecord {
    const record = this.#records.get(pool) ?? new DemandRecord(this.#clock);
    this.#records.set(pool, record);
    return record;
  }

  #tell(pool: string): void {
    for (const handler of this.#handlers) handler(pool);
  }
}
