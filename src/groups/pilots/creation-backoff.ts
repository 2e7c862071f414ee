import { Backoff } from '#base/backoff.ts';
import type { Fault } from '../status/conditions.ts';

/** After how long without another attempt a refusal is forgotten, milliseconds. */
const forgetAfter = 600_000;

interface Refusal {
  readonly fault: Fault;
  /** Monotonic milliseconds. */
  readonly until: number;
  readonly backoff: Backoff;
}

/** Why the API server refuses the pods of a group, and when it is asked again: later each time. */
export class CreationBackoff {
  #refusal: Refusal | undefined;

  /** Why it refused the last pod, even if it may be asked again. */
  get fault(): Fault | undefined {
    return this.#refusal?.fault;
  }

  /** Milliseconds until it is asked again; 0 while it may be asked. */
  wait(now: number): number {
    return Math.max(0, (this.#refusal?.until ?? now) - now);
  }

  /** Whether it is not to be asked yet. A refusal of long ago says nothing about today. */
  isWaiting(now: number): boolean {
    if (this.#refusal !== undefined && now - this.#refusal.until > forgetAfter) this.#refusal = undefined;
    return this.wait(now) > 0;
  }

  refused(describe: () => Fault, now: number, random: () => number): void {
    if (this.wait(now) > 0) return;
    const backoff = this.#refusal?.backoff ?? new Backoff({ first: 5000, most: 300_000, random });
    this.#refusal = { fault: describe(), until: now + backoff.next(), backoff };
  }

  succeeded(): void {
    this.#refusal = undefined;
  }
}
