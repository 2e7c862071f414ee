import type { Clock } from '#base/clock.ts';
import { countPhases } from '#fleet/phase.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import type { CureContext } from '../pods/fault-table.ts';
import type { DecisionBoard } from '../policy/decision-board.ts';
import { type CurrentGroup, labelsOf } from './current-group.ts';
import { type GroupRecorder, tellEvents } from './events.ts';
import type { GroupMetrics } from './metrics.ts';
import type { GroupPlan } from './plan.ts';
import { type GroupSnapshot, snapshotOf, whatBlocks, whatHinders } from './snapshot.ts';
import { groupStatus } from './status.ts';
import { awaitsFirstAnswer, type WriteServices, writeStatus } from './write-status.ts';

export interface ReportServices extends WriteServices {
  readonly recorder: GroupRecorder;
  readonly decisions: DecisionBoard;
  readonly groupMetrics: Pick<GroupMetrics, 'seen'>;
  readonly clock: Clock;
}

/** Records Events, metrics and the status, all from one snapshot. @returns false if somebody else wrote the group first */
export async function report(
  current: CurrentGroup,
  planned: GroupPlan,
  created: number,
  memory: GroupMemory,
  cures: CureContext,
  services: ReportServices,
  signal: AbortSignal,
): Promise<boolean> {
  const { group, spec, demand } = current;
  const { history, backoff } = memory;
  const { recorder, decisions, clock } = services;
  const refusal = backoff.wait(clock.monotonic()) > 0 ? backoff.fault : undefined;
  tellEvents(recorder, group, { created, planned, lastFailure: history.lastFailure, refusal });
  const isDecided = spec.replicas !== undefined || decisions.latest(group) !== undefined;
  const snapshot = snapshotOf(current, planned, memory, cures, isDecided, {
    wall: clock.wall(),
    monotonic: clock.monotonic(),
  });
  memory.blocked = whatHinders(snapshot)?.message;
  measure(current, planned, snapshot, services);
  if (awaitsFirstAnswer(group, demand)) return true;
  const failures = history.starts.all.filter(({ failed }) => failed).length;
  const status = groupStatus(group, planned, snapshot, failures, clock.wall());
  return writeStatus(group, status, memory, services, signal);
}

function measure(
  { group, demand }: Pick<CurrentGroup, 'group' | 'demand'>,
  planned: GroupPlan,
  snapshot: GroupSnapshot,
  { groupMetrics }: Pick<ReportServices, 'groupMetrics'>,
): void {
  groupMetrics.seen(labelsOf(group), {
    phases: countPhases(planned.pilots),
    wanted: planned.decision.wanted,
    demand: planned.demandInPilots,
    ready: whatBlocks(snapshot) === undefined,
    suspended: snapshot.suspended,
    breakerOpen: planned.breaker.state !== 'Closed',
    quarantinedNodes: snapshot.avoided.length,
    demandKnown: demand.known,
    limits: planned.plan.limits,
  });
}

/** Of a group whose specification cannot be read, only what there is: nothing is decided. */
export function measureInvalid(
  group: GroupResource,
  pilots: readonly GroupPilot[],
  demandKnown: boolean,
  { groupMetrics }: Pick<ReportServices, 'groupMetrics'>,
): void {
  groupMetrics.seen(labelsOf(group), {
    phases: countPhases(pilots),
    wanted: 0,
    demand: 0,
    ready: false,
    suspended: false,
    breakerOpen: false,
    quarantinedNodes: 0,
    demandKnown,
    limits: [],
  });
}
