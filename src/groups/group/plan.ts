import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import type { Clock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import type { BreakerVerdict } from '#fleet/breaker.ts';
import { decideByReplicas } from '#fleet/decide.ts';
import { type Plan, planGroup } from '#fleet/plan.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { Isolation } from '../isolation/isolation.ts';
import type { Expectations } from '../pilots/expectations.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { groupsByUid, type SuppliedGroup } from '../pilots/supply.ts';
import { isOutdated, podDigest } from '../pods/digest.ts';
import { numberOf } from '../pods/numbers.ts';
import type { DecisionBoard } from '../policy/decision-board.ts';
import type { Fault } from '../status/conditions.ts';
import type { WritePace } from '../status/write-pace.ts';
import type { CurrentGroup } from './current-group.ts';
import type { Readiness } from './prepare.ts';

/** What a reconcile found of a group, and what is to be done for it. */
export interface GroupPlan {
  readonly pilots: readonly GroupPilot[];
  /** Pilots on their way, those that are not seen yet among them. */
  readonly starting: number;
  /** Pilots that jobs could fill: those on their way, those to add, and those that a limit has cost. */
  readonly demandInPilots: number;
  readonly blocker: Fault | undefined;
  readonly isolation: Isolation | undefined;
  readonly decision: GroupDecision;
  readonly plan: Plan;
  readonly breaker: BreakerVerdict;
  /** The numbers of the pods to create, and what the status has to reserve before. */
  readonly numbers: readonly number[];
  readonly reserved: ReservedNumbers;
  /** Of what the group's pods are made from now; undefined while none could be made. */
  readonly digest: string | undefined;
}

export interface PlanServices {
  readonly decisions: DecisionBoard;
  readonly settings: SiteSettings;
  readonly pace: WritePace;
  readonly clock: Clock;
}

/** The time over which creations are counted, milliseconds. */
const minute = 60_000;

/**
 * Takes the decision and plans. Nothing waits in here: from counting the supply to expecting the new pods nobody else may
 * decide, or a pilot would be counted twice or not at all.
 */
export function planPilots(
  current: CurrentGroup,
  { pilots, supply }: SuppliedGroup,
  ready: Readiness,
  memory: Pick<GroupMemory, 'history' | 'expectations' | 'backoff'>,
  services: PlanServices,
): GroupPlan {
  const { group, spec, demand } = current;
  const { history, expectations, backoff } = memory;
  const { settings, pace, clock } = services;
  const now = clock.monotonic();
  // A decision was made from an answer of the pool: when that has become too old, so has the decision. Numbers are
  // reserved in the status, and what may not be written yet may not be decided yet.
  const canAct =
    demand.known &&
    ready.make !== undefined &&
    ready.isFresh &&
    !backoff.isWaiting(now) &&
    pace.allows(group.metadata.uid ?? '');
  const taken = takeDecision(current, { pilots, supply }, expectations, services, canAct);
  const decision = canAct ? taken : { ...taken, add: 0, release: [] };
  const { plan, breaker } = planGroup(
    {
      decision,
      pilots,
      spec,
      starts: history.starts.all,
      starting: supply.starting,
      createdLately: createdLately(pilots, clock.wall()) + expectations.count,
    },
    now,
  );
  const digest = ready.make && podDigest({ spec, poolUrl: ready.make.poolUrl, settings });
  const seen = new Set(pilots.map(({ name }) => numberOf(group.metadata.name, name)));
  const { numbers, reserved } = expectations.choose(group.status?.reservedNumbers, seen, plan.create);
  expectations.expect(numbers);
  return {
    pilots,
    starting: supply.starting + numbers.length,
    demandInPilots: demandInPilots(decision, supply, pilots),
    blocker: ready.blocker,
    isolation: ready.isolation,
    decision,
    plan: { ...plan, reason: `${plan.reason}${olderOnes(pilots, digest)}` },
    breaker,
    numbers,
    reserved,
    digest,
  };
}

/**
 * The decision for a group. A fixed number is decided here and now; a policy's decision is taken from the board, and only
 * when it can be carried out, because it can be taken once.
 */
export function takeDecision(
  { group, spec, demand, poolName }: Pick<CurrentGroup, 'group' | 'spec' | 'demand' | 'poolName'>,
  { supply, pilots }: SuppliedGroup,
  { epoch }: Pick<Expectations, 'epoch'>,
  { decisions, settings }: Pick<PlanServices, 'decisions' | 'settings'>,
  canAct: boolean,
): GroupDecision {
  if (spec.replicas !== undefined) {
    const own = groupsByUid([{ group, pilots }], poolName);
    return decideByReplicas(spec.replicas, supply, { demand, site: settings.site, own });
  }
  const decision = canAct ? decisions.take(group, epoch) : decisions.latest(group);
  if (decision !== undefined) return decision;
  const { name, starting } = supply;
  return {
    group: name,
    wanted: starting,
    add: 0,
    release: [],
    reason: 'Nothing has been decided yet',
    limits: [],
  };
}

/**
 * Pilots that jobs could fill. What a decision adds is zero while it cannot be carried out; what it wants beyond the
 * pilots that work is not.
 */
function demandInPilots(
  decision: GroupDecision,
  { starting }: GroupSupply,
  pilots: readonly GroupPilot[],
): number {
  const working = pilots.filter(({ phase }) => phase === 'Idle' || phase === 'Busy').length;
  const heldBack = decision.limits.reduce((sum, { count: pilotsHeld }) => sum + pilotsHeld, 0);
  return Math.max(starting + decision.add, decision.wanted - working) + heldBack;
}

/** Pilots created within the last minute, whoever created them. @param wall milliseconds */
function createdLately(pilots: readonly GroupPilot[], wall: number): number {
  return pilots.filter(({ pod }) => Date.parse(pod.metadata.creationTimestamp ?? '') > wall - minute).length;
}

/** Busy pilots keep the specification that they were made from until they are idle, and people are to know that. */
export function olderOnes(
  pilots: readonly Pick<GroupPilot, 'pod' | 'phase'>[],
  digest: string | undefined,
): string {
  const older = pilots.filter(({ phase, pod }) => phase === 'Busy' && isOutdated(pod, digest)).length;
  if (older === 0) return '';
  return `; ${count(older, 'busy pilot runs', 'busy pilots run')} an older specification until idle`;
}
