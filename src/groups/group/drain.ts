import { isCode } from '#base/error.ts';
import type { GroupContext } from './context.ts';

/** Asks the pool to let pilots go when nothing runs on them. What cannot be said now is decided again later. */
export async function drainPilots(
  { parts, pool, signal, logger }: GroupContext,
  uids: readonly string[],
  reason: string,
): Promise<void> {
  if (pool === undefined || uids.length === 0) return;
  try {
    const door = await parts.door.open(pool, signal);
    for (const uid of uids) {
      await door.drain(uid, reason).catch((error: unknown) => {
        // It has left by itself meanwhile.
        if (!isCode(error, 'NotFound')) throw error;
      });
      signal.throwIfAborted();
    }
    logger.info({ pilots: uids.length, reason }, 'asked the pool to drain pilots');
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ err: error }, 'the pool could not be asked to drain pilots');
  }
}
