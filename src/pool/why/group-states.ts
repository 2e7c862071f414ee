import { count } from '#base/count.ts';
import { formatDuration } from '#base/duration.ts';
import { isCode } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { isTrue } from '#classad/value.ts';
import { trials } from '#match/refuted.ts';
import type { GroupBid } from '#wire/bid.ts';
import { startingByPhase, startingPhases } from '../registry/starting-phases.ts';
import type { Cause } from './cause.ts';
import type { Conditions } from './conditions.ts';
import type { FeedingGroup } from './feeding-groups.ts';
import { conditionInWords } from './mismatch-cause.ts';
import { groupKey, type Scan } from './scan.ts';

/** The most characters of what a site says that a sentence repeats. */
const longestSaid = 300;

/** Whether fresh pilots of a group can come, and if not, what prevents that. */
export interface GroupState extends Cause {
  readonly group: FeedingGroup;
  /** Whether nothing comes until somebody acts, or another job ends. */
  readonly isBlocked: boolean;
}

/** What may be expected of a group whose fresh pilots fit the job. */
export function groupState(group: FeedingGroup, scan: Scan): GroupState {
  const { bid } = group;
  const blocked =
    leftOut(bid, scan.conditions) ??
    refuted(group, scan) ??
    suspended(bid) ??
    hindered(bid) ??
    (startingByPhase(bid) > 0 ? undefined : limited(bid));
  if (blocked !== undefined) return { group, isBlocked: true, ...blocked };
  return { group, isBlocked: false, ...(startingByPhase(bid) > 0 ? starting(group) : wanted(bid)) };
}

/** Jobs that the policy of the group does not count get no pilots of it; it must be true for them, as in the policy itself. */
function leftOut({ name, jobs }: GroupBid, { job, environment }: Conditions): Cause | undefined {
  if (jobs === undefined) return undefined;
  try {
    if (isTrue(evaluate(parseExpression(jobs), job, undefined, environment))) return undefined;
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
  }
  return {
    kind: 'policyLeavesOut',
    text: `the policy of the group ${name} counts only jobs with ${truncate(jobs, longestSaid)}, and this is none`,
  };
}

/**
 * Said if pilots of the group came and none of them fits, although what it declares does: neither its site nor the pool expects
 * anything of more of them.
 */
function refuted({ site, bid: { name } }: FeedingGroup, scan: Scan): Cause | undefined {
  const came = scan.came.get(groupKey(site, name));
  if (came === undefined || came.fits || came.pilots < trials) return undefined;
  const { unlike } = came;
  const [first] = unlike.failing;
  const what = first === undefined ? '' : `: ${conditionInWords(first, scan, unlike.slot)}`;
  return {
    kind: 'groupMismatch',
    text: `pilots of the group ${name} came and offer something else than it declares${what}`,
  };
}

const suspended = ({ name, limits }: GroupBid): Cause | undefined =>
  limits.some((limit) => limit.name === 'suspend')
    ? { kind: 'groupSuspended', text: `the group ${name} is suspended` }
    : undefined;

function hindered({ name, blocked, limits }: GroupBid): Cause | undefined {
  if (blocked !== undefined) {
    const kind = /suspended/i.test(blocked) ? 'groupSuspended' : 'groupBlocked';
    return { kind, text: `the group ${name} gets no pilots: ${truncate(blocked, longestSaid)}` };
  }
  return limits.some((limit) => limit.name === 'breaker' && limit.value === 0)
    ? { kind: 'groupBlocked', text: `the group ${name} gets no pilots: too many of them failed to start` }
    : undefined;
}

/** Limits that hold until jobs end or somebody raises them. Limits that only slow a group down are no obstacles. */
const obstacles: Readonly<Record<string, (name: string, value: number) => string>> = {
  'limits.maxPilots': (name, value) => `the group ${name} is at its maximum of ${count(value, 'pilot')}`,
  'limits.maxIdle': (name, value) =>
    `the group ${name} has ${count(value, 'idle pilot')} already, as many as it may have`,
  maxPilots: (name, value) =>
    `the groups of the policy of ${name} are at their maximum of ${count(value, 'pilot')}`,
  machine: (name, value) =>
    `the machine of the group ${name} has ${count(value, 'core')}, and pilots use them`,
};

function limited({ name: group, limits }: GroupBid): Cause | undefined {
  for (const { name, value } of limits) {
    const text = obstacles[name]?.(group, value);
    if (text !== undefined) return { kind: 'groupLimit', text };
  }
  return undefined;
}

function starting({ bid, heardSecondsAgo }: FeedingGroup): Cause {
  const { name, phases, startingSeconds } = bid;
  const each = startingPhases.filter((phase) => (phases[phase] ?? 0) > 0);
  const where = each.map((phase) => `${phases[phase]} ${phase}`).join(', ');
  const since =
    startingSeconds === undefined
      ? ''
      : `, the first for ${formatDuration((startingSeconds + heardSecondsAgo) * 1000)}`;
  const pilots = count(startingByPhase(bid), 'pilot');
  return {
    kind: 'pilotStarting',
    text: `it waits for ${pilots} of the group ${name} to start (${where}${since})`,
  };
}

const wanted = ({ name, decision }: GroupBid): Cause => ({
  kind: 'pilotWanted',
  text: `it waits for a pilot of the group ${name}, whose last decision was: ${truncate(decision, longestSaid)}`,
});
