import type { Clock } from '#base/clock.ts';
import type { NodeMemory } from './node-memory.ts';

/** Milliseconds for which a kill explains the death of a payload: a busy machine takes its time to take a container down. */
const explains = 10_000;

/** Kills that may belong together: how many, and when for certain none of them had happened. Monotonic milliseconds. */
interface Kills {
  readonly after: number;
  readonly seen: number;
  readonly count: number;
}

/**
 * When the kernel has killed for want of memory. It tells only how often, so the count is read with every look; a kill
 * lies between two readings.
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

  /** A payload is gone, or is being ended: what it took can no longer be measured. */
  departed(): void {
    this.#departed = this.#clock.monotonic();
  }

  /**
   * Whether exactly one process was killed lately, and all payloads that were there are there still but its own: only
   * then the others can be asked what they took.
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
