import { nearest } from '#base/nearest.ts';
import { attributesReadBy } from '#classad/attributes-read.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { evaluate } from '#classad/evaluate.ts';
import { asciiLower } from '#classad/names.ts';
import { asNumber, isTrue } from '#classad/value.ts';
import { type Cause, listed } from './cause.ts';
import { type Comparison, comparisonOf } from './comparison.ts';
import type { Clause, Conditions } from './conditions.ts';
import type { LookedAt } from './scan.ts';

/** More clauses than this are not compared with each other. */
const mostCompared = 200;

/** More kinds of slots than this are not searched for names. */
const mostNamed = 500;

/** What is wrong with the Requirements of a job whatever slots there are; undefined if nothing is. */
export const brokenRequirements = (conditions: Conditions): Cause | undefined =>
  missing(conditions) ?? neverTrue(conditions) ?? contradiction(conditions);

function missing({ ofJob }: Conditions): Cause | undefined {
  if (ofJob.every(({ expression }) => expression !== undefined)) return undefined;
  return { kind: 'alwaysFalse', text: 'it has no Requirements, so it matches nothing: submit it with some' };
}

/** A clause that reads nothing of the slot, and is not true. */
function neverTrue({ ofJob, job, environment }: Conditions): Cause | undefined {
  for (const { expression, text } of ofJob) {
    if (expression === undefined) continue;
    const { my, target, anything, clock } = attributesReadBy(expression, job);
    if (target.size > 0 || anything || clock || isTrue(evaluate(expression, job, undefined, environment)))
      continue;
    const lacking = [...my].filter((name) => !job.has(name));
    const hint = lacking.length === 0 ? '' : `; the job does not define ${listed(lacking)}`;
    return {
      kind: 'alwaysFalse',
      text: `its Requirements contain ${text}, which is never true${hint}: submit it again without that clause`,
    };
  }
  return undefined;
}

interface Compared {
  readonly clause: Clause;
  readonly comparison: Comparison;
}

/** Two clauses that no slot can satisfy together. */
function contradiction({ ofJob, job }: Conditions): Cause | undefined {
  const all = ofJob.slice(0, mostCompared).flatMap((clause): Compared[] => {
    const comparison = clause.expression && comparisonOf(clause.expression, job);
    return comparison === undefined ? [] : [{ clause, comparison }];
  });
  for (const [index, one] of all.entries()) {
    const other = all.slice(index + 1).find((each) => exclude(one.comparison, each.comparison));
    if (other === undefined) continue;
    return {
      kind: 'contradiction',
      text: `its Requirements contradict themselves: no slot can satisfy both ${one.clause.text} and ${other.clause.text}; submit it again without one of them`,
    };
  }
  return undefined;
}

function exclude(one: Comparison, other: Comparison): boolean {
  if (asciiLower(one.name) !== asciiLower(other.name)) return false;
  return failsFor(one, other) || failsFor(other, one) || isEmptyRange(one, other) || isEmptyRange(other, one);
}

/** Whether the only value that satisfies `one` does not satisfy `other`. */
function failsFor(one: Comparison, other: Comparison): boolean {
  if ((one.operator !== '==' && one.operator !== 'is') || one.value === undefined) return false;
  const slot = new ClassAd().setValue(other.name, one.value);
  return !isTrue(evaluate(other.with(other.operator, other.value), new ClassAd(), slot));
}

/** Whether `low` demands more than `high` allows. */
function isEmptyRange(low: Comparison, high: Comparison): boolean {
  const [from, to] = [asNumber(low.value), asNumber(high.value)];
  if (from === undefined || to === undefined) return false;
  if (!low.operator.startsWith('>') || !high.operator.startsWith('<')) return false;
  return from > to || (from === to && (low.operator === '>' || high.operator === '<'));
}

/** A clause that excludes all slots, and reads an attribute that none of them has: mostly a typing error. */
export function undefinedAttribute(
  { job, ofJob }: Conditions,
  kinds: readonly LookedAt[],
): Cause | undefined {
  const everywhere = ofJob.filter((clause) => kinds.every(({ failing }) => failing.includes(clause)));
  for (const { expression, text } of everywhere) {
    if (expression === undefined || kinds.length === 0) continue;
    const { my, target } = attributesReadBy(expression, job);
    const isThere = (name: string): boolean => job.has(name) || kinds.some(({ slot }) => slot.has(name));
    const [name] = [...target, ...my].filter((each) => !isThere(each));
    if (name === undefined) continue;
    const known = target.has(name) ? namesOf(kinds) : [...job.names()];
    return { kind: 'undefinedAttribute', text: unknownName(name, text ?? '', known) };
  }
  return undefined;
}

function unknownName(key: string, clause: string, known: readonly string[]): string {
  const at = asciiLower(clause).indexOf(key);
  const written = at < 0 ? key : clause.slice(at, at + key.length);
  const said = `its Requirements need ${clause}, and no slot defines ${written}`;
  const near = nearest(written, known);
  return near === undefined
    ? `${said}: submit it again without that clause, or ask the operator of the pilots to define it`
    : `${said}: did you mean ${near}?`;
}

function namesOf(kinds: readonly LookedAt[]): string[] {
  const names = new Map<string, string>();
  for (const { slot } of kinds.slice(0, mostNamed))
    for (const name of slot.names()) names.set(asciiLower(name), name);
  return [...names.values()];
}
