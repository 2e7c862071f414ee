import type { Clock, Timer } from '#base/clock.ts';
import type { Collector } from './collector.ts';

interface LeaseWatchOptions {
  readonly collector: Collector;
  readonly clock: Clock;
  /** Seconds after which a silent pilot is taken for dead. */
  readonly leaseSeconds: number;
  /** Uids of pilots that already hold claims when the pool starts: their leases start again now. */
  readonly claimants: Iterable<string>;
  /** Called when the pilot's lease has expired: its jobs may run again. */
  readonly over: (uid: string, reason: string) => void;
}

/** The most milliseconds between checks. */
const longestPause = 10_000;

/** Takes a silent pilot for dead once its lease has expired, and no earlier: a closed socket proves nothing. */
export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  readonly #lease: number;
  /** Pilots that held claims when the pool last ended and have not come back, with the start of their leases in monotonic milliseconds. */
  readonly #expected: Map<string, number>;
  #timer: Timer | undefined;

  constructor(options: LeaseWatchOptions) {
    this.#options = options;
    this.#lease = options.leaseSeconds * 1000;
    const now = options.clock.monotonic();
    this.#expected = new Map([...options.claimants].map((uid) => [uid, now]));
    this.#look();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { collector, clock, leaseSeconds, over } = this.#options;
    for (const { facts } of collector.silentFor(this.#lease)) {
      over(facts.uid, `the pilot was silent for longer than its lease of ${leaseSeconds} s`);
    }
    this.#loseAbsent();
    this.#timer = clock.after(Math.min(this.#lease / 4, longestPause), () => this.#look());
  }

  #loseAbsent(): void {
    const { collector, clock, leaseSeconds, over } = this.#options;
    for (const [uid, since] of this.#expected) {
      if (collector.get(uid) !== undefined) this.#expected.delete(uid);
      else if (clock.monotonic() - since > this.#lease) {
        this.#expected.delete(uid);
        over(uid, `the pilot did not come back within its lease of ${leaseSeconds} s`);
      }
    }
  }
}
