import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Delivery } from './delivery.ts';

/** Seconds for which the pool may hold a request until there are new events. */
const wait = 20;

/** Milliseconds until what could not be written is retried: the first time, and at most. */
const firstRetry = 4000;
const lastRetry = 300_000;

/** Milliseconds after which to ask a pool again that did not answer. */
const afterFailure = 1000;

interface KeepOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called for each request that the pool did not answer. */
  readonly onFailure: (error: unknown) => void;
}

/** Delivers until the signal aborts; failures of the pool do not end it. */
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
