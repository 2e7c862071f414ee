import { asClassAd, type ClassAd } from '#classad/class-ad.ts';
import { ListValue } from '#classad/value.ts';

/** What people want to know of a service; the pilot's own phases are finer. */
export const serviceStates = ['Up', 'Starting', 'Down', 'Failed'] as const;

export type ServiceState = (typeof serviceStates)[number];

const stateOf: ReadonlyMap<string, ServiceState> = new Map([
  ['Ready', 'Up'],
  ['Completed', 'Up'],
  ['Waiting', 'Starting'],
  ['Starting', 'Starting'],
  ['Backoff', 'Starting'],
  ['Failed', 'Failed'],
]);

export interface ServiceFacts {
  readonly name: string;
  readonly state: ServiceState;
  readonly restarts: number;
}

/** What metrics say of a slot. */
export interface SlotFacts {
  readonly services: readonly ServiceFacts[];
  /** What services have found out that is a number, by the attribute that advertises it. */
  readonly scores: readonly (readonly [attribute: string, score: number])[];
}

/** A pilot may say what it likes; so much of it is read. */
const mostServices = 64;
const mostScores = 16;
const longestName = 63;

/** A sum of numbers of which one is infinite, or none, says nothing of the others. */
const mostRestarts = 1e6;

const nothing: SlotFacts = { services: [], scores: [] };

/** Reads what the pilot's services advertise: `GLIDEIN_Services`, and each number beside which ATTRIBUTE_Cached stands. */
export function slotFacts(slot: ClassAd): SlotFacts {
  const services = servicesOf(slot);
  if (services.length === 0) return nothing;
  return { services, scores: scoresOf(slot) };
}

function servicesOf(slot: ClassAd): readonly ServiceFacts[] {
  const said = slot.evaluate('GLIDEIN_Services');
  if (!(said instanceof ListValue)) return [];
  const all: ServiceFacts[] = [];
  for (let index = 0; index < Math.min(said.length, mostServices); index += 1) {
    const record = asClassAd(said.at(index));
    const name = record?.evaluateString('Name')?.slice(0, longestName);
    if (record === undefined || name === undefined || name === '') continue;
    const state = stateOf.get(record.evaluateString('Phase') ?? '') ?? 'Down';
    all.push({ name, state, restarts: restartsIn(record) });
  }
  return all;
}

function restartsIn(record: ClassAd): number {
  const said = record.evaluateNumber('Restarts') ?? 0;
  return said > 0 && said <= mostRestarts ? said : 0;
}

const mark = '_Cached';

function scoresOf(slot: ClassAd): SlotFacts['scores'] {
  const scores: (readonly [string, number])[] = [];
  for (const { name } of slot.attributes()) {
    if (!name.endsWith(mark) || scores.length === mostScores) continue;
    const attribute = name.slice(0, -mark.length);
    const score = slot.evaluateNumber(attribute);
    if (score === undefined || !Number.isFinite(score)) continue;
    if (slot.evaluateNumber(`${attribute}_At`) !== undefined)
      scores.push([attribute.slice(0, longestName), score]);
  }
  return scores;
}
