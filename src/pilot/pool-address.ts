import { readFile } from 'node:fs/promises';
import type { PoolAddress } from '#client/pool-address.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';

/** Where the order says that the pool is. The token is read at each use: it is renewed in place. */
export async function poolAddress({ pool }: PilotOrder): Promise<PoolAddress> {
  return {
    url: pool.url,
    token: async () => (await readFile(pool.tokenFile, 'utf8')).trim(),
    ...(pool.caFile === undefined ? {} : { ca: await readFile(pool.caFile, 'utf8') }),
  };
}
