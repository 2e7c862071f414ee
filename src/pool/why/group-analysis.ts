import { truncate } from '#base/truncate.ts';
import { amountOf } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import { offerOf } from '#match/slot.ts';
import type { GroupAnalysis } from '#wire/why.ts';
import { type Condition, isClause } from './conditions.ts';
import type { FeedingGroup } from './feeding-groups.ts';
import { groupState } from './group-states.ts';
import type { LookedAt, Scan } from './scan.ts';

/** The most groups that are told: those that fit first. */
const mostGroups = 50;

/** The most characters of what a site says of a group. */
const longestSaid = 500;

/** For every group, whether its fresh pilots could run the job, and what prevents that or prevents such pilots. */
export function groupAnalyses(scan: Scan, unreadable: readonly FeedingGroup[]): GroupAnalysis[] {
  const looked = scan.kinds
    .toSorted((a, b) => a.failing.length - b.failing.length)
    .flatMap((kind) => kind.groups.map((group) => ({ kind, group })));
  const told = looked.slice(0, mostGroups).map(({ kind, group }) => groupAnalysis(scan, kind, group));
  const faulty = unreadable.map((group) => ({
    ...factsOf(group),
    fits: false,
    sentence: truncate(group.fault ?? '', longestSaid),
  }));
  return [...told, ...faulty].slice(0, mostGroups);
}

function groupAnalysis(scan: Scan, { failing }: LookedAt, group: FeedingGroup): GroupAnalysis {
  const [first] = failing;
  if (first !== undefined) return { ...factsOf(group), fits: false, sentence: mismatch(scan, first, group) };
  const state = groupState(group, scan);
  const blocked = state.isBlocked ? { blocked: truncate(group.bid.blocked ?? state.text, longestSaid) } : {};
  return { ...factsOf(group), fits: true, sentence: 'a fresh pilot of it could run the job', ...blocked };
}

const factsOf = ({ site, bid, heardSecondsAgo }: FeedingGroup) => ({
  site,
  name: bid.name,
  wanted: bid.wanted,
  decision: truncate(bid.decision, longestSaid),
  heardSecondsAgo: Math.round(heardSecondsAgo),
  ...(bid.blocked === undefined ? {} : { blocked: truncate(bid.blocked, longestSaid) }),
});

function mismatch({ conditions }: Scan, condition: Condition, { template }: FeedingGroup): string {
  if (!isClause(condition)) {
    const { kind } = condition;
    const asks = requestOf(conditions.job, template, conditions.environment)[kind];
    return `the job asks for ${amountOf(kind, asks)}, a fresh pilot has ${amountOf(kind, offerOf(template)[kind])}`;
  }
  if (condition.text === undefined) return 'there are no Requirements';
  return condition.kind === 'jobRequirements'
    ? `the Requirements of the job need ${condition.text}`
    : `the start expression of the group needs ${condition.text}`;
}
