import type { Clock } from '#base/clock.ts';

/** Bytes per second of the sessions of one pilot, and of all sessions of the pool. A pilot's socket is listened to at twice that. */
const most = { ofPilot: 2 * 2 ** 20, ofPool: 8 * 2 ** 20 };

/** Seconds' worth of bytes that may pass at once. */
const burst = 1;

/**
 * How fast sessions may go. Each byte passes through the one thread of the pool, as text, and on a pilot's socket beside what is
 * said about claims; so credit is handed on no faster than bytes may come.
 */
export class PaceOfSessions {
  readonly #clock: Clock;
  readonly #pilots = new Map<string, number>();
  /** When what was let through so far has had its time. */
  #pool = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds after which credit for so many bytes may be handed on. */
  delay(pilotUid: string, bytes: number): number {
    const now = this.#clock.monotonic();
    const after = (paidAt: number, rate: number) =>
      Math.max(paidAt, now - burst * 1000) + (bytes / rate) * 1000;
    this.#pool = after(this.#pool, most.ofPool);
    const pilot = after(this.#pilots.get(pilotUid) ?? 0, most.ofPilot);
    this.#pilots.set(pilotUid, pilot);
    return Math.max(0, this.#pool - now, pilot - now);
  }

  /** The pilot has no session any more. */
  forget(pilotUid: string): void {
    this.#pilots.delete(pilotUid);
  }
}
