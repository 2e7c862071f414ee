import { isRefusal } from '#backend/refusal.ts';
import type { KnownDemand } from '#fleet/pool-demand.ts';
import type { GroupContext } from './context.ts';

/** Pilots that are to leave when nothing runs on them, and why. */
export interface Drain {
  /** `NAMESPACE/NAME` of the pool that they belong to. */
  readonly pool: string;
  /** What shows that they may go. */
  readonly witness: KnownDemand;
  readonly uids: readonly string[];
  readonly reason: string;
}

/** Asks a pool to let pilots go when nothing runs on them. What cannot be said now is decided again later. */
export async function drainPilots(
  { parts, signal, logger }: Pick<GroupContext, 'parts' | 'signal' | 'logger'>,
  { pool: name, witness, uids, reason }: Drain,
): Promise<void> {
  const pool = parts.informers.pools.store.named(name);
  if (pool === undefined || uids.length === 0) return;
  try {
    const door = await parts.door.open(pool, signal);
    for (const uid of uids) {
      if (!witness.isFresh) return;
      await door.drain(uid, reason).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        // It has left by itself meanwhile, or it is not ours; the others may leave all the same.
        logger.debug({ pool: name, pilot: uid, err: error }, 'the pool does not drain this pilot');
      });
      signal.throwIfAborted();
    }
    logger.info({ pool: name, pilots: uids.length, reason }, 'asked the pool to drain pilots');
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ pool: name, err: error }, 'the pool could not be asked to drain pilots');
  }
}
