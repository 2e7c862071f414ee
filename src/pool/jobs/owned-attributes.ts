import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import type { AdTexts } from '#wire/ad-texts.ts';

/** The texts without what is the pool's to say; the same object when there is nothing of that. */
export function withoutOwned(texts: AdTexts): AdTexts {
  const entries = Object.entries(texts);
  const kept = entries.filter(([name]) => !poolAttributes.has(asciiLower(name)));
  return kept.length === entries.length ? texts : Object.fromEntries(kept);
}
