import type { Clock } from '#base/clock.ts';

/** The shortest time between two writes of one object's status, milliseconds. */
const pause = 1_000;

/**
 * Limits the writes of an object's status to one a second, however fast the world changes: what changes in between goes
 * into the next write. Objects are identified by their uids.
 */
export class WritePace {
  readonly #clock: Clock;
  readonly #wroteAt = new Map<string, number>();
  readonly #owed = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a status may be written now. If not, it is owed from then on. */
  allows(uid: string): boolean {
    const may = this.#wait(uid) === 0;
    if (!may) this.#owed.add(uid);
    return may;
  }

  /**
   * Milliseconds until an owed status may be written; undefined if none is owed. The caller reconciles again then, and
   * writes whatever still differs by that time.
   */
  takeOwed(uid: string): number | undefined {
    return this.#owed.delete(uid) ? this.#wait(uid) : undefined;
  }

  /** The status was written. */
  wrote(uid: string): void {
    this.#wroteAt.set(uid, this.#clock.monotonic());
    this.#owed.delete(uid);
  }

  forget(uid: string): void {
    this.#wroteAt.delete(uid);
    this.#owed.delete(uid);
  }

  #wait(uid: string): number {
    const wroteAt = this.#wroteAt.get(uid) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, wroteAt + pause - this.#clock.monotonic());
  }
}
