import { PilotStarts } from '#fleet/pilot-starts.ts';

/** What became of the pilots of a group, by uid; each registration and each end is counted once. */
export class PilotHistory {
  /** Which pilots came to work and which failed before, for the breaker. */
  readonly starts = new PilotStarts();
  /** Uids whose start, or failure to start, was counted. */
  readonly #counted = new Set<string>();
  /** Uids whose end was noted. */
  readonly #ended = new Set<string>();
  /** When the pool last had a pilot; monotonic milliseconds. */
  readonly #registeredAt = new Map<string, number>();
  /** When a problem was first seen to keep a pod from starting; monotonic milliseconds. */
  readonly #stuckSince = new Map<string, number>();
  /** `NAME: REASON` of the pilot that failed last. */
  lastFailure: string | undefined;

  registeredAt(uid: string): number | undefined {
    return this.#registeredAt.get(uid);
  }

  /** The pool has it. If the pool forgets it, its time for registering again starts from here. */
  sawRegistered(uid: string, now: number): void {
    this.#registeredAt.set(uid, now);
  }

  /** @returns whether this is new */
  sawEnd(uid: string): boolean {
    if (this.#ended.has(uid)) return false;
    this.#ended.add(uid);
    return true;
  }

  /** Counts a pilot for the breaker. @returns whether this is new */
  count(uid: string, at: number, failed: boolean): boolean {
    if (this.#counted.has(uid)) return false;
    this.#counted.add(uid);
    this.starts.add({ at, failed });
    return true;
  }

  /** For how long a pod has been kept from starting, milliseconds. */
  stuckFor(uid: string, now: number): number {
    const since = this.#stuckSince.get(uid) ?? now;
    this.#stuckSince.set(uid, since);
    return now - since;
  }

  unstuck(uid: string): void {
    this.#stuckSince.delete(uid);
  }

  /** What is remembered of pods that are gone is useless. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const remembered of [this.#counted, this.#ended, this.#registeredAt, this.#stuckSince]) {
      for (const uid of remembered.keys()) if (!uids.has(uid)) remembered.delete(uid);
    }
  }
}
