import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { type Mismatch, mismatchOf } from '#match/mismatch.ts';
import { amountOf, clauseSentence } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import { type ResourceName, resourceNames } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import type { SlotAnalysis } from '#wire/why.ts';
import type { Pilot } from '../collector/pilot.ts';

interface Look {
  readonly environment: Environment;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** The most pilots with the same mismatch that are named. */
const toldNames = 3;

interface Finding {
  readonly pilot: Pilot;
  readonly kind: string;
  /** Pilots with the same key are reported together. */
  readonly key: string;
  readonly mismatch: Mismatch | undefined;
}

/** Why the pilots do not run `job`, grouped by reason, the most frequent first. */
export function slotAnalyses(job: ClassAd, pilots: readonly Pilot[], look: Look): SlotAnalysis[] {
  const findings = Map.groupBy(
    pilots.map((pilot) => finding(job, pilot, look)),
    ({ key }) => key,
  );
  return [...findings.values()]
    .map((those) => slotAnalysis(job, those, look))
    .sort((a, b) => b.count - a.count);
}

function finding(job: ClassAd, pilot: Pilot, { environment, now }: Look): Finding {
  if (pilot.connection === undefined) return { pilot, kind: 'away', key: 'away', mismatch: undefined };
  if (!pilot.accepts(now)) return { pilot, kind: 'draining', key: 'draining', mismatch: undefined };
  const whole = mismatchOf(job, pilot.facts.slot, environment);
  if (whole !== undefined) return { pilot, kind: whole.kind, key: JSON.stringify(whole), mismatch: whole };
  const left = mismatchOf(job, pilot.freeSlot, environment);
  if (left === undefined) return { pilot, kind: 'none', key: 'none', mismatch: undefined };
  const kind = isResource(left.kind) ? 'busy' : left.kind;
  return { pilot, kind, key: JSON.stringify([kind, left]), mismatch: left };
}

const isResource = (kind: string): kind is ResourceName =>
  (resourceNames as readonly string[]).includes(kind);

function slotAnalysis(job: ClassAd, those: readonly Finding[], { environment }: Look): SlotAnalysis {
  const [first] = those;
  const kind = first?.kind ?? 'none';
  const pilots = those.map(({ pilot }) => pilot);
  return {
    kind,
    count: those.length,
    sentence: sentence(job, kind, first?.mismatch, pilots, environment),
    examples: pilots.slice(0, toldNames).map(({ facts }) => facts.name),
  };
}

function sentence(
  job: ClassAd,
  kind: string,
  mismatch: Mismatch | undefined,
  pilots: readonly Pilot[],
  environment: Environment,
): string {
  if (mismatch === undefined) return states[kind] ?? kind;
  if (mismatch.kind === 'jobRequirements' || mismatch.kind === 'slotRequirements')
    return clauseSentence(mismatch);
  return shortage(job, mismatch.kind, kind === 'busy', pilots, environment);
}

const states: Readonly<Record<string, string>> = {
  away: 'not connected now',
  draining: 'accepts no new jobs',
  none: 'fits',
};

function shortage(
  job: ClassAd,
  name: ResourceName,
  busy: boolean,
  pilots: readonly Pilot[],
  environment: Environment,
): string {
  const slots = pilots.map((pilot) => (busy ? pilot.freeSlot : pilot.facts.slot));
  const most = Math.max(...slots.map((slot) => offerOf(slot)[name]));
  const asks = Math.min(...slots.map((slot) => requestOf(job, slot, environment)[name]));
  const wish = `the job asks for ${amountOf(name, asks)}`;
  return busy
    ? `${wish}; other jobs leave ${most > 0 ? 'at most ' : ''}${amountOf(name, most)} free`
    : `${wish}; the largest slot has ${amountOf(name, most)}`;
}
