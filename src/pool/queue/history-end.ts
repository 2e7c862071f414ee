import type { HistoryCursor } from '../store/history-rows.ts';
import type { Store } from '../store/store.ts';

/** Rows of the history that one question passes over: an append waits for about a millisecond. */
const stride = 10_000;

/**
 * The newest ended job that is too old, or that as many newer ones follow as are kept.
 * @param endedBefore epoch milliseconds
 */
export async function endOfHistory(
  store: Pick<Store, 'historyAhead'>,
  { endedBefore, mostJobs }: { readonly endedBefore: number; readonly mostJobs: number },
): Promise<HistoryCursor> {
  const tooOld: HistoryCursor = { ended: endedBefore - 1, cluster: 0, proc: 0 };
  let kept: HistoryCursor | undefined;
  for (let left = mostJobs; left > 0; left -= stride) {
    const { last } = await store.historyAhead(kept, Math.min(stride, left));
    if (last === null || last.ended < endedBefore) return tooOld;
    kept = last;
  }
  const { last } = await store.historyAhead(kept, 1);
  return last === null || last.ended < endedBefore ? tooOld : last;
}

/** How many ended jobs are as old as `end` or older. */
export async function jobsUpTo(store: Pick<Store, 'historyAhead'>, end: HistoryCursor): Promise<number> {
  let rows = 0;
  let last: HistoryCursor | null = { ...end, proc: end.proc + 1 };
  while (last !== null) {
    const passed: Awaited<ReturnType<Store['historyAhead']>> = await store.historyAhead(last, stride);
    rows += passed.rows;
    last = passed.last;
  }
  return rows;
}
