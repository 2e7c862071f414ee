import { amountOf } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import type { ConditionAnalysis } from '#wire/why.ts';
import { type Condition, isClause } from './conditions.ts';
import type { Scan } from './scan.ts';

/** The most conditions that are told. */
const mostConditions = 40;

/** How many slots and groups each condition excludes, and how many it excludes alone; those that exclude most come first. */
export function conditionAnalyses({ kinds, conditions }: Scan): ConditionAnalysis[] {
  const found = new Map<Condition, Omit<ConditionAnalysis, 'kind' | 'text'>>();
  for (const { failing, pilots, groups } of kinds) {
    const isAlone = failing.length === 1;
    for (const condition of failing) {
      const { slots, slotsAlone, ...of } = found.get(condition) ?? nothing;
      found.set(condition, {
        slots: slots + pilots.length,
        slotsAlone: slotsAlone + (isAlone ? pilots.length : 0),
        groups: of.groups + groups.length,
        groupsAlone: of.groupsAlone + (isAlone ? groups.length : 0),
      });
    }
  }
  const texts = (condition: Condition): string =>
    isClause(condition) ? (condition.text ?? 'no Requirements') : asked(condition.kind);
  const asked = (name: Exclude<Condition['kind'], 'jobRequirements' | 'slotRequirements'>): string =>
    amountOf(name, requestOf(conditions.job, undefined, conditions.environment)[name]);
  return [...found]
    .map(([condition, counts]) => ({ kind: condition.kind, text: texts(condition), ...counts }))
    .sort((a, b) => b.slots - a.slots || b.groups - a.groups)
    .slice(0, mostConditions);
}

const nothing = { slots: 0, slotsAlone: 0, groups: 0, groupsAlone: 0 };
