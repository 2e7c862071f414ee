import type { Clock } from '#base/clock.ts';

/**
 * Does `work`, whose signal also aborts when it takes too long.
 * @param limit milliseconds
 * @throws what `late` makes when it took too long; what `work` throws
 */
export async function withinLimit<T>(
  { clock, limit, late }: { readonly clock: Clock; readonly limit: number; readonly late: () => Error },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = clock.after(limit, () => over.abort());
  try {
    return await work(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (over.signal.aborted && !signal.aborted) throw late();
    throw error;
  } finally {
    timer.cancel();
  }
}
