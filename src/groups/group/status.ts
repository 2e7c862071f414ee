import type { GlideinGroupStatus, PilotCounts } from '#api/glidein-group-status.ts';
import { truncate } from '#base/truncate.ts';
import { countPhases, type Phase, phases } from '#fleet/phase.ts';
import { labelOf } from '../cluster/names.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { conditionsOf } from '../status/conditions.ts';
import { decidedAt } from '../status/decided-at.ts';
import { findingsOf } from './conditions.ts';
import type { GroupPlan } from './plan.ts';
import { clockTime, type GroupSnapshot, whatBlocks } from './snapshot.ts';

const longestDecision = 512;
const endPhases: ReadonlySet<Phase> = new Set<Phase>(['Gone', 'Failed']);

type ReportedPlan = Pick<
  GroupPlan,
  'pilots' | 'demandInPilots' | 'decision' | 'plan' | 'breaker' | 'reserved' | 'isolation'
>;

/**
 * The status of a group after a reconcile.
 * @param failures that the breaker remembers
 * @param wall milliseconds
 */
export function groupStatus(
  group: GroupResource,
  planned: ReportedPlan,
  snapshot: GroupSnapshot,
  failures: number,
  wall: number,
): GlideinGroupStatus {
  const { pilots, decision, plan, breaker, isolation } = planned;
  const before = group.status ?? {};
  const now = new Date(wall).toISOString();
  const observedGeneration = group.metadata.generation ?? 0;
  const probeAt = breaker.wait === undefined ? {} : { probeAt: clockTime(wall + breaker.wait) };
  return {
    observedGeneration,
    ...countsOfPilots(pilots),
    selector: `${labelOf.group}=${group.metadata.name},${labelOf.component}=pilot`,
    demand: planned.demandInPilots,
    wanted: decision.wanted,
    ...decidedAt(truncate(whatBlocks(snapshot)?.message ?? plan.reason, longestDecision), before, now),
    limits: limitsOf(planned),
    breaker: { state: breaker.state, failures, ...probeAt },
    reservedNumbers: planned.reserved,
    ...(isolation?.record === undefined ? {} : { isolation: isolation.record }),
    conditions: conditionsOf(findingsOf(snapshot), before.conditions, now, observedGeneration),
  };
}

/**
 * The status of a group whose specification was once accepted and is invalid now: nothing can be decided, but its pilots
 * are counted.
 */
export function invalidStatus(
  { metadata, status }: GroupResource,
  problem: string,
  pilots: readonly GroupPilot[],
  wall: number,
): GlideinGroupStatus {
  const now = new Date(wall).toISOString();
  const generation = metadata.generation ?? 0;
  const finding = { type: 'Ready', status: 'False' as const, reason: 'InvalidSpec', message: problem };
  const { wanted: _, demand: __, ...before } = status ?? {};
  return {
    ...before,
    ...countsOfPilots(pilots),
    ...decidedAt(truncate(problem, longestDecision), before, now),
    observedGeneration: generation,
    conditions: conditionsOf([finding], before.conditions, now, generation),
  };
}

/** Each limit once, because the status lists them by name. */
function limitsOf({ plan }: Pick<GroupPlan, 'plan'>): NonNullable<GlideinGroupStatus['limits']> {
  const byName = new Map(plan.limits.map((limit) => [limit.name, limit]));
  return [...byName.values()]
    .slice(0, 32)
    .map(({ name, value, count }) => ({ name, value: Math.ceil(value), count: Math.ceil(count) }));
}

/** The counts of pilots in a status, independent of any decision. */
const countsOfPilots = (pilots: readonly GroupPilot[]) => ({
  replicas: pilots.filter(({ phase }) => !endPhases.has(phase)).length,
  running: pilots.filter(({ runtime }) => runtime.state === 'Running').length,
  pilots: countsOf(pilots),
});

function countsOf(pilots: readonly GroupPilot[]): PilotCounts {
  const counts = countPhases(pilots);
  return Object.fromEntries(
    phases.map((phase) => [phase.toLowerCase(), counts[phase] ?? 0]),
  ) as unknown as PilotCounts;
}
