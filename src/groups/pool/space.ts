import type { PoolCounts } from '#backend/pool-counts.ts';
import { formatBytes } from '#base/quantity.ts';
import type { PoolNames } from '../cluster/names.ts';
import type { Finding } from '../status/conditions.ts';

/** What a pool without room for new jobs says of itself, as its condition Ready; undefined while it has room. */
export function spaceFinding(
  { state, freeBytes }: Pick<PoolCounts, 'state' | 'freeBytes'>,
  { claim }: Pick<PoolNames, 'claim'>,
): Finding | undefined {
  if (state === undefined || state === 'Serving') return undefined;
  const free = freeBytes === undefined ? '' : `, ${formatBytes(freeBytes)} are free`;
  const what = state === 'Full' ? 'nothing more can be recorded' : 'no new jobs and files are taken';
  const message = `the volume of the pool is full${free}: ${what}; remove jobs that nobody needs, or enlarge the claim ${claim}`;
  return { type: 'Ready', status: 'False', reason: 'NoSpace', message };
}
