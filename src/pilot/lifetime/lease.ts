import type { Clock, Timer } from '#base/clock.ts';

export interface LeaseEvents {
  /** Sends the renewal; false when there is no connection. */
  renew(sequence: number): boolean;
  /** The lease expired: the pool may give the claims to others, so every payload must be dead at once. */
  lost(): void;
  /** Several renewals in a row were not answered: the connection is dead, although nobody closed it. */
  unanswered(): void;
}

/** How many milliseconds before half of the lease payloads are killed, so that they are dead by then. */
const marginMilliseconds = (leaseMilliseconds: number) => Math.min(2_000, leaseMilliseconds / 20);

/** Milliseconds between renewals: a tenth of the lease, at most a minute. */
export const renewInterval = (leaseMilliseconds: number) =>
  Math.min(60_000, Math.max(200, leaseMilliseconds / 10));

/**
 * Knows until when the pool considers this pilot alive. Payloads are killed by half of the lease, so that even clocks of
 * very different speed do no harm.
 *
 * **Gotchas.** It counts from the *sending* of the last renewal that was acknowledged: only that instant is certainly
 * earlier than the one from which the pool counts.
 *
 * | state | event                          | next | meaning                      |
 * |-------|--------------------------------|------|------------------------------|
 * | none  | welcomed                       | held | counts from sending `hello`  |
 * | held  | renewed, welcomed              | held | counts from sending that one |
 * | held  | neither, for half of the lease | none | `lost`                       |
 */
export class Lease {
  readonly #clock: Clock;
  readonly #events: LeaseEvents;
  #length = 0;
  #sequence = 0;
  #from = 0;
  #sent = new Map<number, number>();
  #renewal: Timer | undefined;
  #expiry: Timer | undefined;

  constructor(clock: Clock, events: LeaseEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The pool has registered this pilot. @param helloAt when the `hello` was sent, in monotonic milliseconds */
  welcomed(leaseSeconds: number, helloAt: number): void {
    this.#length = leaseSeconds * 1000;
    this.#sent.clear();
    this.#countFrom(helloAt);
    this.#renewal?.cancel();
    this.#renew();
  }

  /** Whether claims are safe to hold now. */
  get held(): boolean {
    return this.#expiry !== undefined;
  }

  renewed(sequence: number): void {
    const at = this.#sent.get(sequence);
    if (at === undefined) return;
    for (const earlier of this.#sent.keys()) if (earlier <= sequence) this.#sent.delete(earlier);
    this.#countFrom(at);
  }

  /** There is no connection: renewals pause, but the lease still runs out. */
  disconnected(): void {
    this.#renewal?.cancel();
    this.#renewal = undefined;
    this.#sent.clear();
  }

  stop(): void {
    this.disconnected();
    this.#expiry?.cancel();
    this.#expiry = undefined;
  }

  #renew(): void {
    if (this.#sent.size >= 3) {
      this.#events.unanswered();
      return;
    }
    this.#sequence += 1;
    const at = this.#clock.monotonic();
    if (this.#events.renew(this.#sequence)) this.#sent.set(this.#sequence, at);
    this.#renewal = this.#clock.after(renewInterval(this.#length), () => this.#renew());
  }

  #countFrom(at: number): void {
    if (this.#expiry !== undefined && at <= this.#from) return;
    this.#from = at;
    this.#expiry?.cancel();
    const deadline = at + this.#length / 2 - marginMilliseconds(this.#length);
    this.#expiry = this.#clock.after(Math.max(0, deadline - this.#clock.monotonic()), () => {
      this.#expiry = undefined;
      this.#events.lost();
    });
  }
}
