import type { PoolCounts } from '#backend/pool-counts.ts';
import { describeError } from '#base/error.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { nameOf } from '#kube/object.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { Finding } from '../status/conditions.ts';
import { demandKnown } from './conditions.ts';
import type { PoolAccess } from './pool-access.ts';

/** How long a pool may take to answer, milliseconds. */
const answerMs = 10_000;

/** What the pool itself answers. No answer is a value, not an error. */
export async function askPool(
  { poolAccess }: { readonly poolAccess: Pick<PoolAccess, 'open'> },
  pool: PoolResource,
  { signal, logger }: ReconcileContext,
): Promise<{ readonly counts?: PoolCounts; readonly demandKnown: Finding }> {
  try {
    const opened = await poolAccess.open(pool, signal);
    const counts = await opened.counts(AbortSignal.any([signal, AbortSignal.timeout(answerMs)]));
    return { counts, demandKnown: demandKnown('True', 'Answered', 'the pool answers') };
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ pool: nameOf(pool.metadata), err: error }, 'the pool does not answer');
    return { demandKnown: demandKnown('False', 'NoAnswer', describeError(error)) };
  }
}
