import { amountOf } from '#match/mismatch-sentence.ts';
import type { ResourceName } from '#match/resources.ts';
import type { SlotAnalysis } from '#wire/why.ts';
import type { Pilot } from '../collector/pilot.ts';
import { type Clause, type Condition, type Conditions, isClause } from './conditions.ts';
import { whyItLeaves } from './room-cause.ts';
import type { LookedAt, PilotsInState, Scan } from './scan.ts';

/** The most pilots with the same mismatch that are named, and the most different mismatches that are told. */
const toldNames = 3;
const mostAnalyses = 30;

/** Some pilots that do not run the job for the same reason. */
interface Finding {
  readonly kind: string;
  /** Findings with the same key are reported together. */
  readonly key: unknown;
  readonly of: LookedAt;
  readonly condition?: Condition | undefined;
  readonly sentence?: string;
  readonly pilots: readonly Pilot[];
}

/** Why the pilots do not run the job, grouped by reason, the most frequent first. @param now monotonic milliseconds */
export function slotAnalyses({ kinds, conditions }: Scan, now: number): SlotAnalysis[] {
  const findings = kinds.flatMap((kind) => kind.states.flatMap((some) => findingsOf(kind, some, now)));
  return [...Map.groupBy(findings, ({ key }) => key).values()]
    .map((those) => slotAnalysis(conditions, those))
    .sort((a, b) => b.count - a.count)
    .slice(0, mostAnalyses);
}

/** Of pilots that are gone or leave, that is told, and not whether they would fit. */
function findingsOf(of: LookedAt, { state, short, pilots }: PilotsInState, now: number): Finding[] {
  switch (state) {
    case 'away':
      return [away(of, pilots)];
    case 'draining':
      return draining(of, pilots, now);
    case 'free':
      return [{ kind: 'none', key: 'none', of, sentence: 'fits', pilots }];
    case 'reserved':
      return [{ kind: 'reserved', key: 'reserved', of, sentence: keptFree, pilots }];
    case 'busy': {
      const condition = short && { kind: short };
      return [{ kind: 'busy', key: `busy ${short}`, of, condition, pilots }];
    }
    case 'unfit':
      return unfit(of, pilots, now);
  }
}

const keptFree = 'fits, and is kept free for large jobs that small ones would overtake for ever';

const away = (of: LookedAt, pilots: readonly Pilot[]): Finding => ({
  kind: 'away',
  key: 'away',
  of,
  sentence: 'not connected now',
  pilots,
});

function draining(of: LookedAt, pilots: readonly Pilot[], now: number): Finding[] {
  return [...Map.groupBy(pilots, (pilot) => whyItLeaves(pilot, now))].map(([reason, those]) => {
    const sentence = `accepts no new jobs (${reason})`;
    return { kind: 'draining', key: sentence, of, sentence, pilots: those };
  });
}

function unfit(of: LookedAt, pilots: readonly Pilot[], now: number): Finding[] {
  const [condition] = of.failing;
  const gone = pilots.filter(({ connection }) => connection === undefined);
  const leaving = pilots.filter((pilot) => pilot.connection !== undefined && !pilot.accepts(now));
  const there = pilots.filter((pilot) => pilot.accepts(now));
  return [
    ...(gone.length > 0 ? [away(of, gone)] : []),
    ...draining(of, leaving, now),
    ...(there.length > 0
      ? [{ kind: condition?.kind ?? 'none', key: condition, of, condition, pilots: there }]
      : []),
  ];
}

function slotAnalysis(conditions: Conditions, those: readonly Finding[]): SlotAnalysis {
  const [first] = those;
  const examples = those.slice(0, toldNames).flatMap(({ pilots }) => pilots.slice(0, toldNames));
  return {
    kind: first?.kind ?? 'none',
    count: those.reduce((sum, { pilots }) => sum + pilots.length, 0),
    sentence: first?.sentence ?? sentence(conditions, those),
    examples: examples.slice(0, toldNames).map(({ facts }) => facts.name),
  };
}

function sentence(conditions: Conditions, those: readonly Finding[]): string {
  const [first] = those;
  const condition = first?.condition;
  if (condition === undefined) return 'other jobs use it';
  return isClause(condition)
    ? clauseInWords(conditions, condition, first)
    : shortage(condition.kind, first?.kind === 'busy', those);
}

function clauseInWords(conditions: Conditions, clause: Clause, first: Finding | undefined): string {
  const isOfJob = clause.kind === 'jobRequirements';
  const whose = isOfJob ? 'the Requirements of the job' : 'the start expression of the slot';
  if (clause.text === undefined) return `${whose} ${isOfJob ? 'are' : 'is'} missing`;
  return `${whose} ${isOfJob ? 'need' : 'needs'} ${clause.text}, ${valueInWords(conditions, clause, first)}`;
}

function valueInWords(conditions: Conditions, clause: Clause, first: Finding | undefined): string {
  const value = first && conditions.valueOf(clause, first.of.slot);
  if (value === undefined) return 'which reads something that is not defined here';
  return typeof value === 'boolean' ? 'which is not true here' : 'which is an error here';
}

function shortage(name: ResourceName, busy: boolean, those: readonly Finding[]): string {
  let most = 0;
  let asks = Number.POSITIVE_INFINITY;
  for (const { of, pilots } of those) {
    asks = Math.min(asks, of.asks[name]);
    if (!busy) most = Math.max(most, of.offers[name]);
    else for (const { free } of pilots) most = Math.max(most, free[name]);
  }
  const wish = `the job asks for ${amountOf(name, asks)}`;
  return busy
    ? `${wish}; other jobs leave ${most > 0 ? 'at most ' : ''}${amountOf(name, most)} free`
    : `${wish}; the largest slot has ${amountOf(name, most)}`;
}
