import type { Clock, Timer } from '#base/clock.ts';
import type { Collector } from './collector.ts';

interface LeaseWatchOptions {
  readonly collector: Collector;
  readonly clock: Clock;
  /** Seconds after which a silent pilot is taken for dead. */
  readonly leaseSeconds: number;
  /** The lease that the pool promised before it was restarted, in seconds. */
  readonly formerSeconds: number;
  /** Uids of pilots that already hold claims when the pool starts: their leases start again now. */
  readonly claimants: Iterable<string>;
  /** Called when the pilot's lease has expired: its jobs may run again. */
  readonly over: (uid: string, reason: string) => void;
  /** Called once, when no pilot can count on the former lease any more. */
  readonly formerIsOver: () => void;
}

/** The most milliseconds between checks. */
const longestPause = 10_000;

/**
 * Takes a silent pilot for dead once its lease has expired, and no earlier: a closed socket proves nothing.
 *
 * **Gotchas.** A pilot that is out of contact, or whose `welcome` is lost, counts on the lease that it was promised last,
 * perhaps by the pool's previous process. Until that one has expired for everybody, it holds for everybody if it is longer.
 */
export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  /** Seconds that a pilot may be silent. */
  #lease: number;
  /** Pilots that held claims when the pool last ended and have not come back. */
  readonly #expected: Set<string>;
  /** When the leases began anew, in monotonic milliseconds. */
  readonly #since: number;
  #formerHolds = true;
  #timer: Timer | undefined;

  constructor(options: LeaseWatchOptions) {
    this.#options = options;
    this.#lease = Math.max(options.leaseSeconds, options.formerSeconds);
    this.#since = options.clock.monotonic();
    this.#expected = new Set(options.claimants);
    this.#look();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { collector, clock, over } = this.#options;
    for (const { facts } of collector.silentFor(this.#lease * 1000))
      over(facts.uid, `the pilot was silent for longer than its lease of ${this.#lease} s`);
    if (clock.monotonic() - this.#since > this.#lease * 1000) this.#loseAbsent();
    else for (const uid of this.#expected) if (collector.get(uid) !== undefined) this.#expected.delete(uid);
    this.#timer = clock.after(Math.min(this.#lease * 250, longestPause), () => this.#look());
  }

  /** The first lease is over: whoever has not come back is dead. */
  #loseAbsent(): void {
    const { collector, over } = this.#options;
    const absent = [...this.#expected].filter((uid) => collector.get(uid) === undefined);
    this.#expected.clear();
    for (const uid of absent) over(uid, `the pilot did not come back within its lease of ${this.#lease} s`);
    this.#endFormer();
  }

  #endFormer(): void {
    if (!this.#formerHolds) return;
    this.#formerHolds = false;
    this.#lease = this.#options.leaseSeconds;
    this.#options.formerIsOver();
  }
}
