import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { asciiLower } from './names.ts';
import { references } from './references.ts';
import { strays } from './straying.ts';

/** Names in lower case. */
export interface AttributesRead {
  /** Of the ad itself; also names that it lacks. */
  readonly my: ReadonlySet<string>;
  /** Of the ad that it is matched with. */
  readonly target: ReadonlySet<string>;
  /** Whether an `eval` of a computed text might read any attribute. */
  readonly anything: boolean;
  /** Whether their values depend on the time or on chance. */
  readonly clock: boolean;
}

/**
 * The attributes that some attributes of `ad` can read when they are evaluated, themselves among them: directly, or
 * through other attributes of the same ad. Whatever else differs between two ads makes no difference to them.
 */
export function attributesRead(ad: AttributeTable, names: Iterable<string>): AttributesRead {
  const read = { my: new Set([...names].map(asciiLower)), target: new Set<string>(), ...nothingElse };
  follow(ad, read);
  return read;
}

/** The attributes that `expression` can read as if it stood in `ad`; see {@link attributesRead}. */
export function attributesReadBy(expression: Expression, ad: AttributeTable): AttributesRead {
  const read = { my: new Set<string>(), target: new Set<string>(), ...nothingElse };
  collect(expression, ad, read);
  follow(ad, read);
  return read;
}

const nothingElse = { anything: false, clock: false };

interface Reading {
  readonly my: Set<string>;
  readonly target: Set<string>;
  anything: boolean;
  clock: boolean;
}

/** Iterating over a set includes the elements that are added meanwhile. */
function follow(ad: AttributeTable, read: Reading): void {
  for (const name of read.my) {
    const expression = ad.get(name);
    if (expression !== undefined) collect(expression, ad, read);
  }
}

function collect(expression: Expression, ad: AttributeTable, read: Reading): void {
  if (expression.kind === 'literal') return;
  const found = references(expression);
  const anywhere = strays(expression, ad);
  for (const name of found.my) add(name, true, anywhere, read);
  for (const name of found.target) add(name, anywhere, true, read);
  for (const name of found.bare) add(name, true, anywhere || !ad.has(name), read);
  read.anything ||= found.anything;
  read.clock ||= found.clock;
}

function add(name: string, my: boolean, target: boolean, read: Reading): void {
  if (my) read.my.add(name);
  if (target) read.target.add(name);
}
