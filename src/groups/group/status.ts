import type { GlideinGroupStatus, PilotCounts } from '#api/glidein-group-status.ts';
import { clip } from '#base/clip.ts';
import { countPhases, type Phase, phases } from '#fleet/phase.ts';
import { labelOf } from '../cluster/labels.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { conditionsOf } from '../status/conditions.ts';
import { decisionAt } from '../status/decided-at.ts';
import type { GroupContext } from './context.ts';
import type { GroupFacts } from './facts.ts';
import { findingsOf } from './findings.ts';
import { type GroupSnapshot, whatBlocks } from './group-snapshot.ts';
import { clockTime } from './snapshot-of.ts';

const longestDecision = 512;
const endPhases: ReadonlySet<Phase> = new Set<Phase>(['Gone', 'Failed']);

/** The status of a group after a reconcile. */
export function groupStatus(
  context: GroupContext,
  facts: GroupFacts,
  snapshot: GroupSnapshot,
): GlideinGroupStatus {
  const { group, parts } = context;
  const { pilots, decision, isolation } = facts;
  const before = group.status ?? {};
  const now = new Date(parts.clock.wall()).toISOString();
  const observedGeneration = group.metadata.generation ?? 0;
  return {
    observedGeneration,
    ...countsOfPilots(pilots),
    selector: `${labelOf.group}=${group.metadata.name},${labelOf.component}=pilot`,
    demand: facts.demand,
    wanted: decision.wanted,
    ...decisionAt(clip(whatBlocks(snapshot)?.message ?? facts.plan.reason, longestDecision), before, now),
    limits: limitsOf(facts),
    breaker: { state: facts.breaker.state, failures: failuresOf(context), ...probeAt(facts, context) },
    reservedNumbers: facts.reserved,
    ...(isolation?.record === undefined ? {} : { isolation: isolation.record }),
    conditions: conditionsOf(findingsOf(snapshot), before.conditions, now, observedGeneration),
  };
}

/** Each limit once, as the status's list of names demands. */
function limitsOf({ plan }: GroupFacts): NonNullable<GlideinGroupStatus['limits']> {
  const byName = new Map(plan.limits.map((limit) => [limit.name, limit]));
  return [...byName.values()]
    .slice(0, 32)
    .map(({ name, value, count }) => ({ name, value: Math.ceil(value), count: Math.ceil(count) }));
}

/** The numbers of pilots that a status has, whatever is decided. */
export const countsOfPilots = (pilots: readonly GroupPilot[]) => ({
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

/** To the second, so that it is written once. */
function probeAt({ breaker }: GroupFacts, { parts }: GroupContext): { probeAt?: string } {
  return breaker.wait === undefined ? {} : { probeAt: clockTime(parts.clock.wall() + breaker.wait) };
}

const failuresOf = ({ memory }: GroupContext): number =>
  memory.outcomes.all.filter(({ failed }) => failed).length;
