import type { Clock } from '#base/clock.ts';
import type { NodeMemory } from './node-memory.ts';

/** Milliseconds for which a kill explains the death of a payload: a busy machine takes a while to tear down a container. */
const explains = 10_000;

/** Kills that may belong together. Times are monotonic milliseconds. */
interface Kills {
  /** When certainly none of them had happened yet. */
  readonly after: number;
  /** When the last of them was seen. */
  readonly seen: number;
  readonly count: number;
}

/**
 * Knows when the kernel killed processes because memory ran out. The kernel tells only how many, so the count is read at
 * every look, and a kill happened between two readings.
 */
export class KernelKills {
  readonly #node: NodeMemory;
  readonly #clock: Clock;
  #count: number;
  #readAt: number;
  #last: Kills | undefined;
  #departed = Number.NEGATIVE_INFINITY;

  constructor(node: NodeMemory, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
    this.#count = node.kills();
    this.#readAt = clock.monotonic();
  }

  /** Reads the count. */
  read(): void {
    const now = this.#clock.monotonic();
    const risen = this.#node.kills() - this.#count;
    if (risen > 0) {
      const before = this.#recent(now);
      this.#last = {
        after: before?.after ?? this.#readAt,
        seen: now,
        count: risen + (before?.count ?? 0),
      };
      this.#count += risen;
    }
    this.#readAt = now;
  }

  /** A payload is gone, or is being killed: what it took can no longer be measured. */
  departed(): void {
    this.#departed = this.#clock.monotonic();
  }

  /**
   * Whether exactly one process was killed recently, and no other payload has gone since: only then can all the others
   * be measured.
   */
  isOneAlone(): boolean {
    this.read();
    const last = this.#recent(this.#clock.monotonic());
    return last?.count === 1 && this.#departed < last.after;
  }

  #recent(now: number): Kills | undefined {
    return this.#last !== undefined && now - this.#last.seen < explains ? this.#last : undefined;
  }
}
