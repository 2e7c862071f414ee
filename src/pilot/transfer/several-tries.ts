import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { UrlFailure } from './url-failure.ts';

/** How often a transfer is tried. */
const mostTries = 4;

export interface Tries {
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Tries a transfer again, a few times, while its failure may pass.
 * @throws UrlFailure; what else `work` throws; the reason of `signal` when that aborts
 */
export async function inSeveralTries<T>(
  { clock, random }: Tries,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff({ first: 2000, most: 30_000, random });
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UrlFailure) || !error.mayPass) throw error;
      if (tries === mostTries) throw new UrlFailure(`${error.message} (tried ${tries} times)`, false);
      await sleep(clock, backoff.next(), signal);
      signal.throwIfAborted();
    }
  }
}
