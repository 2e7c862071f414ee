import { readFile } from 'node:fs/promises';
import type { PoolAddress } from '#client/pool-address.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';

/** Where the order says that the pool is. Token and authorities are read at each use: they are renewed in place. */
export function poolAddress({ pool }: PilotOrder): PoolAddress {
  const { caFile } = pool;
  return {
    url: pool.url,
    token: async () => (await readFile(pool.tokenFile, 'utf8')).trim(),
    ...(caFile === undefined ? {} : { ca: () => readFile(caFile, 'utf8') }),
  };
}
