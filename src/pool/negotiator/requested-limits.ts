import { GlideinError } from '#base/error.ts';
import { type AttributesRead, attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { type Limit, limitWords, mostLimits, parseLimit } from '#submit/attributes/concurrency-limits.ts';

/** How much of the pool's concurrency limits a job requests. */
export interface RequestedLimits {
  /** The same on every slot; undefined if it depends on the slot or on the time. */
  readonly everywhere: readonly Limit[] | undefined;
  readonly on: (slot: ClassAd, environment: Environment) => readonly Limit[];
  /** What they read. */
  readonly reads: Pick<AttributesRead, 'target' | 'anything' | 'clock'>;
}

const attribute = 'ConcurrencyLimits';
const nothing: RequestedLimits = {
  everywhere: [],
  on: () => [],
  reads: { target: new Set(), anything: false, clock: false },
};

/**
 * Reads the ConcurrencyLimits of a job; a value that is not a string requests nothing, as in HTCondor.
 * @throws GlideinError TooLarge, as `on` does, if there are more limits than matching can check for each slot
 */
export function requestedLimits(ad: ClassAd): RequestedLimits {
  if (!ad.has(attribute)) return nothing;
  const reads = attributesRead(ad, [attribute]);
  const { target, clock, anything } = reads;
  const on: RequestedLimits['on'] = (slot, environment) =>
    limitsIn(ad.evaluateString(attribute, slot, environment) ?? '');
  const isSame = target.size === 0 && !clock && !anything;
  return { everywhere: isSame ? limitsIn(ad.evaluateString(attribute) ?? '') : undefined, on, reads };
}

/** @throws GlideinError TooLarge */
function wordsIn(text: string): readonly string[] {
  const words = limitWords(text);
  if (words.length <= mostLimits) return words;
  throw new GlideinError(
    'TooLarge',
    `its ConcurrencyLimits are ${words.length}, and a job may name ${mostLimits}`,
    {
      cure: 'give what many of them stand for one name',
    },
  );
}

/** A limit that is named twice is taken twice. A word that is not a limit requests nothing: an expression may have made it. */
function limitsIn(text: string): readonly Limit[] {
  const amounts = new Map<string, number>();
  for (const word of wordsIn(text)) {
    const limit = parseLimit(word);
    if (limit !== undefined) amounts.set(limit.name, (amounts.get(limit.name) ?? 0) + limit.amount);
  }
  return [...amounts].map(([name, amount]) => ({ name, amount }));
}
