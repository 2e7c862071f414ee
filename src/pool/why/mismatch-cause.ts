import { count } from '#base/count.ts';
import { nearest as nearestName } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { literal } from '#classad/ast.ts';
import { attributesReadBy } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { amountOf } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import type { ResourceName } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import { type Cause, listed } from './cause.ts';
import { requestAttributes } from './clauses.ts';
import { comparisonOf, scalarOf } from './comparison.ts';
import { type Clause, type Condition, isClause } from './conditions.ts';
import type { NearestMiss } from './nearest-miss.ts';
import type { LookedAt, Scan } from './scan.ts';

/** The most characters of a value that a sentence repeats. */
const longestValue = 60;

/** Different values of an attribute that are told. */
const toldValues = 3;

/** Why a job fits no slot, whole or to come, from the slots that come closest. */
export function mismatchCause(scan: Scan, nearest: NearestMiss | undefined): Cause {
  const failing = nearest?.failing ?? [mostExcluding(scan)].flatMap((each) => each ?? []);
  const [first] = failing;
  const said = failing.map((condition) => conditionInWords(condition, scan, nearest?.slot)).join(', and ');
  return { kind: first?.kind ?? 'mismatch', text: `${said}${cureOf(first, nearest)}` };
}

/** The condition that excludes most slots and groups. */
function mostExcluding({ kinds }: Scan): Condition | undefined {
  const counts = new Map<Condition, number>();
  for (const { failing, pilots, groups } of kinds)
    for (const each of failing) counts.set(each, (counts.get(each) ?? 0) + pilots.length + groups.length);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function cureOf(first: Condition | undefined, nearest: NearestMiss | undefined): string {
  if (nearest === undefined) return ': ask the operator of the pilots';
  const who = listed(
    [
      ...(nearest.pilots.length > 0 ? [count(nearest.pilots.length, 'slot')] : []),
      ...(nearest.groups.length > 0 ? [`new pilots of ${count(nearest.groups.length, 'group')}`] : []),
    ],
    'and',
  );
  const cure = `: ${nearest.changes.map(({ phrase }) => phrase).join(' and ')}, ${who} would fit`;
  const isGpu = first?.kind === 'gpus' && offerOf(nearest.slot).gpus === 0;
  return isGpu ? `${cure}; if it needs them, ask the operator for pilots with GPUs` : cure;
}

/** What a condition demands, and what there is instead. @param slot one of the slots that come closest */
export function conditionInWords(condition: Condition, scan: Scan, slot: ClassAd | undefined): string {
  if (!isClause(condition)) return resourceInWords(condition.kind, scan, slot);
  return condition.kind === 'jobRequirements'
    ? clauseOfJob(condition, scan)
    : clauseOfSlots(condition, scan, slot);
}

function resourceInWords(name: ResourceName, { kinds, conditions }: Scan, slot: ClassAd | undefined): string {
  const { job, environment } = conditions;
  const rounded = requestOf(job, slot, environment)[name];
  const asks = `it asks for ${amountOf(name, job.evaluateNumber(requestAttributes[name], slot, environment) ?? rounded)}`;
  const largest = (some: readonly LookedAt[]): number =>
    some.reduce((most, { offers }) => Math.max(most, offers[name]), 0);
  if (largest(kinds) >= rounded)
    return `${asks}, and the slots that suit it otherwise have ${amountOf(name, slot === undefined ? 0 : offerOf(slot)[name])}`;
  const slots = kinds.filter(({ pilots }) => pilots.length > 0);
  const groups = kinds.filter((kind) => kind.groups.length > 0);
  const denials = [
    ...(slots.length > 0 ? [`no slot has ${tooLittle(name, largest(slots))}`] : []),
    ...(groups.length > 0 ? [`no pilot of a group would have ${tooLittle(name, largest(groups))}`] : []),
  ];
  return `${asks}, but ${denials.join(', and ')}`;
}

const tooLittle = (name: ResourceName, most: number): string =>
  name === 'gpus' && most === 0
    ? 'a GPU'
    : `more than ${amountOf(name, most).replace(/ of (?:memory|disk)$/, '')}`;

/** What was looked at: slots, or if none is registered, what groups could start. */
const placeIn = (kinds: readonly LookedAt[]): string =>
  kinds.some(({ pilots }) => pilots.length > 0) ? 'slot' : 'pilot of a group';

function clauseOfJob(clause: Clause, scan: Scan): string {
  const comparison = clause.expression && comparisonOf(clause.expression, scan.conditions.job);
  const needs = `its Requirements need ${clause.text}`;
  if (comparison === undefined) return `${needs}, which is not true for any ${placeIn(scan.kinds)}`;
  const values = new Map<string, number>();
  for (const { slot, failing, pilots, groups } of scan.kinds) {
    if (!failing.includes(clause)) continue;
    const text = valueInWords(slot, comparison.name);
    values.set(text, (values.get(text) ?? 0) + pilots.length + groups.length);
  }
  const seen = [...values].sort(([, a], [, b]) => b - a).map(([text]) => text);
  const where = scan.kinds.every(({ failing }) => failing.includes(clause))
    ? 'everywhere'
    : 'where it fits otherwise';
  return `${needs}, and ${comparison.name} is ${listed(seen, 'or', toldValues)} ${where}`;
}

function valueInWords(ad: ClassAd, name: string): string {
  const value = ad.evaluate(name);
  const scalar = scalarOf(value);
  if (scalar === undefined) return value === undefined ? 'not defined' : 'a list';
  return truncate(printExpression(literal(scalar)), longestValue);
}

function clauseOfSlots(clause: Clause, { conditions: { job } }: Scan, slot: ClassAd | undefined): string {
  const { text, expression } = clause;
  if (expression === undefined || slot === undefined)
    return text === undefined
      ? 'the slots have no Requirements, so they take no jobs'
      : `the slots take only jobs with ${text} (their START)`;
  const takes = `the slots take only jobs with ${text} (their START)`;
  const { target, clock } = attributesReadBy(expression, slot);
  const lacking = [...target].filter((name) => !job.has(name) && !slot.has(name));
  const [unknown] = lacking;
  if (unknown !== undefined) {
    const near = nearestName(unknown, job.names());
    const hint = near === undefined ? '' : ` (it defines ${near})`;
    return `${takes}, and this job does not define ${spelled(unknown, text)}${hint}`;
  }
  const comparison = comparisonOf(expression, slot);
  if (comparison !== undefined)
    return `${takes}, and ${comparison.name} of this job is ${valueInWords(job, comparison.name)}`;
  return clock ? `${takes}, which is not so at this time` : takes;
}

function spelled(key: string, text = ''): string {
  const at = text.toLowerCase().indexOf(key);
  return at < 0 ? key : text.slice(at, at + key.length);
}
