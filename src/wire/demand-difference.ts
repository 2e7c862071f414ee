import { GlideinError } from '#base/error.ts';
import type { Autocluster, DemandAnswer, PilotSupply } from './bid.ts';

/**
 * Demand as differences. Both sides keep the last answer; each entry that is not told anew has only grown older, by the same
 * arithmetic here and there. What differs from that is told whole.
 */

/** Seconds by which an age may differ from the truth before it is told anew. */
const tolerance = 1;

/** An answer without what its base, the answer to an earlier question, says already. @param seconds time between the two */
export function differenceOf(
  base: DemandAnswer,
  ask: string,
  whole: DemandAnswer,
  seconds: number,
): DemandAnswer {
  const autoclusters = new Map(base.autoclusters.map((each) => [each.id, olderAutocluster(each, seconds)]));
  const pilots = new Map(base.pilots.map((each) => [each.uid, olderPilot(each, seconds)]));
  return {
    ...whole,
    base: ask,
    sinceBase: seconds,
    autoclusters: whole.autoclusters.filter((each) => !isSame(autoclusters.get(each.id), each)),
    goneAutoclusters: missingOf(autoclusters, new Set(whole.autoclusters.map(({ id }) => id))),
    pilots: whole.pilots.filter((each) => !isSame(pilots.get(each.uid), each)),
    gonePilots: missingOf(pilots, new Set(whole.pilots.map(({ uid }) => uid))),
  };
}

/**
 * The whole answer that a difference stands for; an answer that is whole stays as it is. Entries that have not changed keep the
 * identity of their ads.
 * @throws GlideinError InvalidMessage if the difference is to another answer than `base`
 */
export function wholeOf(answer: DemandAnswer, base: DemandAnswer | undefined): DemandAnswer {
  const { base: to, sinceBase = 0, goneAutoclusters, gonePilots, ...rest } = answer;
  if (to === undefined) return answer;
  if (base === undefined || base.ask !== to)
    throw new GlideinError('InvalidMessage', 'the pool’s answer builds upon one that is not known here');
  return {
    ...rest,
    autoclusters: merged({
      before: base.autoclusters.map((each) => olderAutocluster(each, sinceBase)),
      news: rest.autoclusters,
      gone: goneAutoclusters,
      key: ({ id }) => id,
    }),
    pilots: merged({
      before: base.pilots.map((each) => olderPilot(each, sinceBase)),
      news: rest.pilots,
      gone: gonePilots,
      key: ({ uid }) => uid,
    }),
  };
}

const olderAutocluster = (each: Autocluster, seconds: number): Autocluster => ({
  ...each,
  oldestSeconds: each.oldestSeconds + seconds,
});

function olderPilot(each: PilotSupply, seconds: number): PilotSupply {
  return {
    ...each,
    disconnectedSeconds: each.connected ? 0 : each.disconnectedSeconds + seconds,
    idleSeconds: each.claims > 0 ? 0 : each.idleSeconds + seconds,
    retireIn: Math.max(0, each.retireIn - seconds),
  };
}

function merged<T, Key>(parts: {
  readonly before: readonly T[];
  readonly news: readonly T[];
  readonly gone: readonly Key[] | undefined;
  readonly key: (each: T) => Key;
}): T[] {
  const { before, news, gone = [], key } = parts;
  const all = new Map(before.map((each) => [key(each), each]));
  for (const each of gone) all.delete(each);
  for (const each of news) all.set(key(each), each);
  return [...all.values()];
}

const missingOf = <Key>(before: ReadonlyMap<Key, unknown>, now: ReadonlySet<Key>): Key[] =>
  [...before.keys()].filter((key) => !now.has(key));

/** Whether two entries say the same: numbers that are ages nearly, everything else exactly. */
function isSame<T extends Autocluster | PilotSupply>(before: T | undefined, now: T): boolean {
  if (before === undefined) return false;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]) as Set<keyof T & string>;
  return [...names].every((name) => isSameValue(name, before[name], now[name]));
}

const ages = new Set(['oldestSeconds', 'disconnectedSeconds', 'idleSeconds', 'retireIn']);

function isSameValue(name: string, before: unknown, now: unknown): boolean {
  if (before === now) return true;
  if (ages.has(name)) return Math.abs(Number(before) - Number(now)) <= tolerance;
  return isRecord(before) && isRecord(now) && isSameRecord(before, now);
}

/** The texts of an ad, or shares by policy. */
type Entries = Readonly<Record<string, string | number>>;

const isRecord = (value: unknown): value is Entries => typeof value === 'object' && value !== null;

function isSameRecord(before: Entries, now: Entries): boolean {
  const names = Object.keys(now);
  return names.length === Object.keys(before).length && names.every((name) => before[name] === now[name]);
}
