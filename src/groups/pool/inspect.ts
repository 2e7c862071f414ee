import type { PoolCounts } from '#backend/pool-counts.ts';
import { describeError } from '#base/error.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import type { KubeClient } from '#kube/client.ts';
import { nameOf } from '#kube/object.ts';
import { type Pod, persistentVolumeClaims } from '#kube/resource.ts';
import type { Informers } from '../cluster/informers.ts';
import { poolKey, poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { Finding } from '../status/conditions.ts';
import { demandKnown } from './conditions.ts';
import type { PoolAccess } from './pool-access.ts';
import type { Workload } from './readiness.ts';

/** The pool's pod, and its volume claim where that may be what the pod waits for. */
export async function findWorkload(
  {
    client,
    informers,
  }: { readonly client: Pick<KubeClient, 'find'>; readonly informers: Pick<Informers, 'pods'> },
  pool: PoolResource,
  signal: AbortSignal,
): Promise<Workload> {
  const key = poolKey(pool);
  const names = poolNames(key);
  const pod = informers.pods.store.get({ namespace: key.namespace, name: names.pod });
  const claim = isScheduled(pod)
    ? undefined
    : await client.find(persistentVolumeClaims, { namespace: key.namespace, name: names.claim }, signal);
  return { names, pod, claim };
}

const isScheduled = (pod: Pod | undefined) => pod?.spec?.nodeName !== undefined;

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
