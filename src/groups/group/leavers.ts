import type { GroupPilot } from '../pilots/observe.ts';
import type { GroupContext } from './context.ts';
import type { Drain } from './drain.ts';
import type { GroupFacts } from './facts.ts';
import { isOutdated } from './outdated.ts';

/**
 * The pilots that are to be asked to leave. Nothing is said of a pool that is not known now: what is missing there could
 * be anything.
 */
export function leaversOf(
  context: Pick<GroupContext, 'spec' | 'heard' | 'poolName'>,
  { pilots, plan, digest }: Pick<GroupFacts, 'pilots' | 'plan' | 'digest'>,
): Drain[] {
  const { spec, heard, poolName } = context;
  const leavers = strangers(pilots, poolName);
  if (!heard.known) return leavers;
  const why = spec.suspend ? 'the group is suspended' : 'no waiting job needs this pilot';
  const released = new Set(plan.release);
  const outdated = pilots.filter(
    (pilot) => pilot.phase === 'Idle' && isOutdated(pilot, digest) && !released.has(pilot.uid),
  );
  const own = { pool: poolName, witness: heard };
  return [
    ...leavers,
    { ...own, uids: plan.release, reason: why },
    { ...own, uids: outdated.map(({ uid }) => uid), reason: 'the group’s specification has changed' },
  ];
}

/** Pilots that were made for a pool that the group does not name any more, where they are not draining yet. */
function strangers(pilots: readonly GroupPilot[], poolName: string): Drain[] {
  const others = pilots.filter(({ pool, runtime }) => pool !== poolName && runtime.state === 'Running');
  return [...Map.groupBy(others, ({ pool }) => pool)].flatMap(([pool, some]): Drain[] => {
    const witness = some[0]?.demand;
    if (!witness?.known) return [];
    const uids = some.map(({ uid }) => uid).filter((uid) => isServing(witness.last.byUid.get(uid)?.state));
    return [{ pool, witness, uids, reason: 'its group feeds another pool now' }];
  });
}

const isServing = (state: 'Idle' | 'Busy' | 'Draining' | undefined): boolean =>
  state === 'Idle' || state === 'Busy';
