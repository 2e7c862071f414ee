import { amountOf } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import type { ConditionAnalysis } from '#wire/why.ts';
import { type Condition, type Conditions, isClause } from './conditions.ts';
import type { LookedAt, Scan } from './scan.ts';

/** The most conditions that are told. */
const mostConditions = 40;

/** What a condition excludes; counted in place, since ten thousand slots may each fail a hundred clauses. */
interface Excluded {
  slots: number;
  slotsAlone: number;
  groups: number;
  groupsAlone: number;
}

/** How many slots and groups each condition excludes, and how many it excludes alone; those that exclude most come first. */
export function conditionAnalyses({ kinds, conditions }: Scan): ConditionAnalysis[] {
  const found = new Map<Condition, Excluded>();
  for (const kind of kinds) for (const condition of kind.failing) count(excludedBy(found, condition), kind);
  return [...found]
    .sort(([, a], [, b]) => b.slots - a.slots || b.groups - a.groups)
    .slice(0, mostConditions)
    .map(([condition, counts]) => ({
      kind: condition.kind,
      text: textOf(condition, conditions),
      ...counts,
    }));
}

function excludedBy(found: Map<Condition, Excluded>, condition: Condition): Excluded {
  let excluded = found.get(condition);
  if (excluded === undefined) {
    excluded = { slots: 0, slotsAlone: 0, groups: 0, groupsAlone: 0 };
    found.set(condition, excluded);
  }
  return excluded;
}

function count(excluded: Excluded, { pilots, groups, failing }: LookedAt): void {
  excluded.slots += pilots.length;
  excluded.groups += groups.length;
  if (failing.length > 1) return;
  excluded.slotsAlone += pilots.length;
  excluded.groupsAlone += groups.length;
}

function textOf(condition: Condition, { job, environment }: Conditions): string {
  if (isClause(condition)) return condition.text ?? 'no Requirements';
  return amountOf(condition.kind, requestOf(job, undefined, environment)[condition.kind]);
}
