import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { formatDuration, parseDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { asNumber, isTrue } from '#classad/value.ts';
import { type Additions, rampCap, totalCap } from './caps.ts';
import type { Decision, LimitThatBit } from './decision.ts';
import type { Demand, GroupSupply, RegisteredPilot, WaitingJobs } from './demand.ts';
import { explain } from './explain.ts';
import { type Packed, type PackingGroup, pack } from './packing.ts';
import { release } from './removal.ts';
import { type Room, roomOf } from './room.ts';

/**
 * How many pilots each group should have. Pure and deterministic: the same demand, supply, policy and previous
 * decision give the same answer.
 * @throws GlideinError Unsupported for a strategy that is not built yet, InvalidExpression for the policy's own
 */
export function pressure(
  demand: Demand,
  groups: readonly GroupSupply[],
  policy: PressurePolicySpec,
  previous: Decision | undefined,
): Decision {
  if (policy.strategy !== 'Packing') {
    throw new GlideinError('Unsupported', `the strategy ${policy.strategy} is not supported yet`, {
      cure: 'write strategy: Packing',
    });
  }
  return demand.known
    ? decide(demand, groups, policy, previous)
    : whileUnknown(demand, groups, policy, previous);
}

/** A group with what is known of it at this moment. */
interface Standing extends PackingGroup {
  readonly registered: readonly RegisteredPilot[];
  readonly tightest: Room['limit'];
}

function decide(
  { waiting, pilots }: Extract<Demand, { known: true }>,
  groups: readonly GroupSupply[],
  policy: PressurePolicySpec,
  previous: Decision | undefined,
): Decision {
  const counted = jobsThatCount(waiting, policy.jobs);
  const standings = groups.map((group) => standingOf(group, pilots, policy));
  const packed = pack(counted, pilots, standings);
  const capped = cap(standings, packed, policy);
  const decisions = standings.map((group) => {
    const add = capped.add.get(group.name) ?? 0;
    const surplus = add > 0 ? [] : surplusOf(group, packed, policy.reserve);
    const streak = surplus.length > 0 ? (previous?.surplusFor[group.name] ?? 0) + 1 : 0;
    const going = release(surplus, streak, policy.removal);
    const staying = group.registered.filter((pilot) => pilot.state !== 'Draining').length - going.length;
    const limits = capped.limits.get(group.name) ?? [];
    const { starting } = group;
    const reason = explain({ waiting: counted, packed, add, starting, going: going.length, limits });
    const wanted = staying + starting + add;
    return { decision: { group: group.name, wanted, add, release: going, limits, reason }, streak };
  });
  return {
    groups: decisions.map(({ decision }) => decision),
    unrunnable: packed.unrunnable,
    waiting: counted.reduce((sum, { count }) => sum + count, 0),
    surplusFor: Object.fromEntries(decisions.map(({ decision, streak }) => [decision.group, streak])),
  };
}

function standingOf(
  group: GroupSupply,
  pilots: readonly RegisteredPilot[],
  policy: PressurePolicySpec,
): Standing {
  const registered = pilots.filter((pilot) => pilot.group === group.name);
  const room = roomOf(group, registered);
  return { ...group, registered, room: room.pilots, tightest: room.limit, rank: rankOf(group, policy) };
}

/** What the packing found, with the reserve, made smaller by the policy's own limits. */
function cap(standings: readonly Standing[], packed: Packed, policy: PressurePolicySpec): Additions {
  const present = standings.reduce((sum, group) => sum + group.registered.length + group.starting, 0);
  const turnedAway = standings
    .filter(({ name }) => packed.turnedAway.has(name))
    .map(({ name, tightest }): [string, LimitThatBit[]] => [
      name,
      [{ ...tightest, count: packed.turnedAway.get(name) ?? 0 }],
    ]);
  const wished: Additions = {
    add: new Map(standings.map((group) => [group.name, additionOf(group, packed, policy.reserve)])),
    limits: new Map(turnedAway),
  };
  return [rampCap(policy.ramp), totalCap(policy.maxPilots, present)].reduce(
    (all, lower) => lower(all),
    wished,
  );
}

/** Pilots for the jobs that wait, and those that stay idle on purpose. */
function additionOf(group: Standing, packed: Packed, reserve: number): number {
  const needed = packed.add.get(group.name) ?? 0;
  const spare = group.registered.filter((pilot) => packed.unneeded.has(pilot.uid)).length;
  const starting = packed.fitStarting > 0 ? 0 : group.starting;
  return Math.min(group.room, needed + Math.max(0, reserve - spare - starting));
}

const surplusOf = (group: Standing, packed: Packed, reserve: number): readonly RegisteredPilot[] =>
  group.registered.filter((pilot) => packed.unneeded.has(pilot.uid)).slice(reserve);

/** Nothing is created or removed while nobody knows; what follows after a while is the policy's choice. */
function whileUnknown(
  demand: Extract<Demand, { known: false }>,
  groups: readonly GroupSupply[],
  policy: PressurePolicySpec,
  previous: Decision | undefined,
): Decision {
  const { holdFor, afterwards } = policy.unknownDemand;
  const over = demand.forSeconds * 1000 >= parseDuration(holdFor) && afterwards === 'Zero';
  const since = formatDuration(demand.forSeconds * 1000);
  const what = over ? 'no pilots are wanted until it is known' : 'nothing is created or removed';
  return {
    unrunnable: previous?.unrunnable ?? [],
    waiting: previous?.waiting ?? 0,
    surplusFor: {},
    groups: groups.map(({ name, starting }) => ({
      group: name,
      wanted: over ? 0 : (previous?.groups.find(({ group }) => group === name)?.wanted ?? starting),
      add: 0,
      release: [],
      limits: [],
      reason: `Demand is unknown for ${since} (${demand.reason}): ${what}`,
    })),
  };
}

function jobsThatCount(waiting: readonly WaitingJobs[], constraint: string): readonly WaitingJobs[] {
  const expression = parseExpression(constraint);
  return waiting.filter((jobs) => isTrue(evaluate(expression, jobs.ad)));
}

function rankOf(group: GroupSupply, policy: PressurePolicySpec): number {
  const { rank } = policy.groupOrder;
  return rank === undefined ? 0 : (asNumber(evaluate(parseExpression(rank), group.template)) ?? 0);
}
