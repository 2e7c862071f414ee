import { isRejection } from '#backend/rejection.ts';
import type { KnownDemand } from '#fleet/pool-demand.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Informers } from '../cluster/informers.ts';
import type { OpenPool } from '../demand/demand-listeners.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { isOutdated } from '../pods/digest.ts';
import type { CurrentGroup } from './current-group.ts';
import type { GroupPlan } from './plan.ts';

/** Pilots that are to leave when nothing runs on them, and why. */
interface Drain {
  /** `NAMESPACE/NAME` of the pool that they belong to. */
  readonly pool: string;
  /** The answer that shows that they may go. */
  readonly witness: KnownDemand;
  readonly uids: readonly string[];
  readonly reason: string;
}

/**
 * The pilots that are to be asked to leave. While a pool is unknown, none of its own are: they could be doing anything.
 */
export function drainsOf(
  { spec, demand, poolName }: Pick<CurrentGroup, 'spec' | 'demand' | 'poolName'>,
  {
    pilots,
    digest,
    plan,
  }: Pick<GroupPlan, 'pilots' | 'digest'> & { readonly plan: Pick<GroupPlan['plan'], 'release'> },
): Drain[] {
  const strangers = strangersAmong(pilots, poolName);
  if (!demand.known) return strangers;
  const why = spec.suspend ? 'the group is suspended' : 'no waiting job needs this pilot';
  const released = new Set(plan.release);
  const outdated = pilots.filter(
    ({ phase, pod, uid }) => phase === 'Idle' && isOutdated(pod, digest) && !released.has(uid),
  );
  const own = { pool: poolName, witness: demand };
  return [
    ...strangers,
    { ...own, uids: plan.release, reason: why },
    { ...own, uids: outdated.map(({ uid }) => uid), reason: 'the group’s specification has changed' },
  ];
}

/** Pilots that were made for a pool that the group no longer names and that are not draining yet. */
function strangersAmong(pilots: readonly GroupPilot[], poolName: string): Drain[] {
  const others = pilots.filter(({ pool, runtime }) => pool !== poolName && runtime.state === 'Running');
  return [...Map.groupBy(others, ({ pool }) => pool)].flatMap(([pool, some]): Drain[] => {
    const witness = some[0]?.demand;
    if (!witness?.known) return [];
    const uids = some.map(({ uid }) => uid).filter((uid) => isServing(witness.last.byUid.get(uid)?.state));
    return [{ pool, witness, uids, reason: 'its group now feeds another pool' }];
  });
}

const isServing = (state: 'Idle' | 'Busy' | 'Draining' | undefined): boolean =>
  state === 'Idle' || state === 'Busy';

export interface DrainServices {
  readonly informers: Pick<Informers, 'pools'>;
  readonly openPool: OpenPool;
  readonly logger: Logger;
}

/** Asks a pool to let pilots go when nothing runs on them. If it cannot be asked now, a later decision will ask again. */
export async function drainPilots(
  { pool: name, witness, uids, reason }: Drain,
  { informers, openPool, logger }: DrainServices,
  signal: AbortSignal,
): Promise<void> {
  const resource = informers.pools.store.named(name);
  if (resource === undefined || uids.length === 0) return;
  try {
    const pool = await openPool(resource, signal);
    for (const uid of uids) {
      if (!witness.isFresh) return;
      await pool.drain(uid, reason, signal).catch((error: unknown) => {
        if (!isRejection(error)) throw error;
        // It has left by itself in the meantime, or is not ours; the others can leave all the same.
        logger.debug({ pool: name, pilot: uid, err: error }, 'the pool does not drain this pilot');
      });
      signal.throwIfAborted();
    }
    logger.info({ pool: name, pilots: uids.length, reason }, 'asked the pool to drain pilots');
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ pool: name, err: error }, 'cannot ask the pool to drain pilots');
  }
}
