import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import type { AdTexts } from '#wire/ad-texts.ts';

/** The texts without the attributes that only the pool may set; the same object if there are none. */
export function withoutOwned(texts: AdTexts): AdTexts {
  const entries = Object.entries(texts);
  const kept = entries.filter(([name]) => !poolAttributes.has(asciiLower(name)));
  return kept.length === entries.length ? texts : Object.fromEntries(kept);
}
