import { asciiLower } from './names.ts';
import { ownCopy } from './shared-text.ts';

/** The name of an attribute as it is spelled; there is one object for each spelling, as long as it is remembered. */
export interface InternedName {
  readonly text: string;
  /** In lower case. */
  readonly key: string;
  /** A number of its own, the smallest first. */
  readonly id: number;
}

/** The names of all ads that are parsed: thousands of ads have the same few hundred. It is only a cache. */
const names = new Map<string, InternedName>();
const mostNames = 50_000;
/** A longer one is not kept, so that others' texts do not fill the memory. */
const longest = 256;
let ids = 0;

export function internedName(text: string): InternedName {
  return names.get(text) ?? intern(text);
}

function intern(text: string): InternedName {
  ids += 1;
  const own = ownCopy(text);
  const name = { text: own, key: asciiLower(own), id: ids };
  if (names.size >= mostNames) names.clear();
  if (text.length <= longest) names.set(own, name);
  return name;
}
