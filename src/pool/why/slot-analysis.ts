import { amountOf } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import { type ResourceName, resourceNames } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import type { SlotAnalysis } from '#wire/why.ts';
import type { Pilot } from '../collector/pilot.ts';
import { type Condition, type Conditions, isClause } from './conditions.ts';
import { whyItLeaves } from './room-cause.ts';
import type { Scan } from './scan.ts';

/** The most pilots with the same mismatch that are named, and the most different mismatches that are told. */
const toldNames = 3;
const mostAnalyses = 30;

interface Finding {
  readonly pilot: Pilot;
  readonly kind: string;
  /** What keeps the job out of it, if anything does. */
  readonly condition: Condition | undefined;
  /** Pilots with the same key are reported together. */
  readonly key: unknown;
  readonly sentence?: string;
}

/** Why the pilots do not run the job, grouped by reason, the most frequent first. @param now monotonic milliseconds */
export function slotAnalyses(scan: Scan, now: number): SlotAnalysis[] {
  const findings = scan.kinds.flatMap(({ pilots, failing: [condition] }) =>
    pilots.map((pilot) => finding(scan, pilot, condition, now)),
  );
  return [...Map.groupBy(findings, ({ key }) => key).values()]
    .sort((a, b) => b.length - a.length)
    .slice(0, mostAnalyses)
    .map((those) => slotAnalysis(scan.conditions, those));
}

function finding(
  { conditions, states }: Scan,
  pilot: Pilot,
  condition: Condition | undefined,
  now: number,
): Finding {
  const state = pilot.connection === undefined ? 'away' : pilot.accepts(now) ? states.get(pilot) : 'draining';
  switch (state) {
    case 'away':
      return { pilot, kind: 'away', condition: undefined, key: 'away', sentence: 'not connected now' };
    case 'draining': {
      const sentence = `accepts no new jobs (${whyItLeaves(pilot, now)})`;
      return { pilot, kind: 'draining', condition: undefined, key: sentence, sentence };
    }
    case 'free':
      return { pilot, kind: 'none', condition: undefined, key: 'none', sentence: 'fits' };
    case 'busy': {
      const short = shortIn(conditions, pilot);
      return { pilot, kind: 'busy', condition: short, key: `busy ${short?.kind}` };
    }
    default:
      return { pilot, kind: condition?.kind ?? 'none', condition, key: condition };
  }
}

/** The first resource of which other jobs leave too little. */
function shortIn({ job, environment }: Conditions, pilot: Pilot): Condition | undefined {
  const asks = requestOf(job, pilot.freeSlot, environment);
  const kind = resourceNames.find((name) => asks[name] > pilot.free[name]);
  return kind === undefined ? undefined : { kind };
}

function slotAnalysis(conditions: Conditions, those: readonly Finding[]): SlotAnalysis {
  const [first] = those;
  const pilots = those.map(({ pilot }) => pilot);
  return {
    kind: first?.kind ?? 'none',
    count: those.length,
    sentence: first?.sentence ?? sentence(conditions, first, pilots),
    examples: pilots.slice(0, toldNames).map(({ facts }) => facts.name),
  };
}

function sentence(conditions: Conditions, first: Finding | undefined, pilots: readonly Pilot[]): string {
  const condition = first?.condition;
  const busy = first?.kind === 'busy';
  if (condition === undefined) return busy ? 'other jobs use it' : 'fits';
  if (!isClause(condition)) return shortage(conditions, condition.kind, busy, pilots);
  const whose =
    condition.kind === 'jobRequirements' ? 'the Requirements of the job' : 'the start expression of the slot';
  const needs = condition.kind === 'jobRequirements' ? 'need' : 'needs';
  if (condition.text === undefined)
    return `${whose} ${condition.kind === 'jobRequirements' ? 'are' : 'is'} missing`;
  return `${whose} ${needs} ${condition.text}, ${valueInWords(conditions, condition, pilots)}`;
}

function valueInWords(
  conditions: Conditions,
  clause: Exclude<Condition, { kind: ResourceName }>,
  [pilot]: readonly Pilot[],
): string {
  const value = pilot && conditions.valueOf(clause, pilot.facts.slot);
  if (value === undefined) return 'which reads something that is not defined here';
  return typeof value === 'boolean' ? 'which is not true here' : 'which is an error here';
}

function shortage(
  { job, environment }: Conditions,
  name: ResourceName,
  busy: boolean,
  pilots: readonly Pilot[],
): string {
  let most = 0;
  let asks = Number.POSITIVE_INFINITY;
  for (const pilot of pilots) {
    const slot = busy ? pilot.freeSlot : pilot.facts.slot;
    most = Math.max(most, offerOf(slot)[name]);
    asks = Math.min(asks, requestOf(job, slot, environment)[name]);
  }
  const wish = `the job asks for ${amountOf(name, asks)}`;
  return busy
    ? `${wish}; other jobs leave ${most > 0 ? 'at most ' : ''}${amountOf(name, most)} free`
    : `${wish}; the largest slot has ${amountOf(name, most)}`;
}
