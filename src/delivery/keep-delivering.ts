import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Delivery } from './delivery.ts';

/** Seconds that the pool is asked to wait for news. */
const wait = 20;

/** Milliseconds after which what could not be written is tried again: at first, and at most. */
const firstRetry = 4000;
const lastRetry = 300_000;

/** Milliseconds after which a pool that did not answer is asked again. */
const afterFailure = 1000;

interface KeepOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of each failure of the pool. */
  readonly onFailure: (error: unknown) => void;
}

/** Delivers until the signal aborts, whatever happens to the pool meanwhile. */
export async function keepDelivering(
  delivery: Delivery,
  { clock, signal, onFailure }: KeepOptions,
): Promise<void> {
  let gap = firstRetry;
  let triedAt = clock.monotonic();
  while (!signal.aborted) {
    try {
      await delivery.next(delivery.isWaiting ? Math.min(gap / 1000, wait) : wait);
      if (!delivery.isWaiting) {
        gap = firstRetry;
        triedAt = clock.monotonic();
      } else if (clock.monotonic() - triedAt >= gap) {
        await delivery.retry();
        gap = Math.min(2 * gap, lastRetry);
        triedAt = clock.monotonic();
      }
    } catch (error) {
      if (signal.aborted) return;
      onFailure(error);
      await sleep(clock, afterFailure, signal);
    }
  }
}
