import type { Pool } from '#backend/pool.ts';
import type { PoolResource } from '../cluster/resources.ts';

/** The way to a pool's own process, as {@link PoolAccess} gives it. */
export interface PoolDoor {
  open(pool: PoolResource, signal?: AbortSignal): Promise<Pool>;
}
