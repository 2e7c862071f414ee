import type { Clock } from '#base/clock.ts';

/** The shortest time between two writes of one object's status, milliseconds. */
const pause = 1_000;

/**
 * Keeps statuses from being written more than once a second an object, however fast the world changes: what changed
 * meanwhile goes into the next write. Objects are known by their uids.
 */
export class WritePace {
  readonly #clock: Clock;
  readonly #wroteAt = new Map<string, number>();
  readonly #owed = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a status may be written now; one that may not is owed from here on. */
  allows(uid: string): boolean {
    const may = this.#wait(uid) === 0;
    if (!may) this.#owed.add(uid);
    return may;
  }

  /**
   * Milliseconds until a status that is owed may be written; undefined where none is. Whoever asks looks again then: if
   * it is still owed, it will be found out anew, and if the world has changed back meanwhile, nothing is.
   */
  takeOwed(uid: string): number | undefined {
    return this.#owed.delete(uid) ? this.#wait(uid) : undefined;
  }

  /** It was written. */
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
