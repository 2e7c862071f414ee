import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { asciiLower } from './names.ts';
import { references } from './references.ts';

/** Names in lower case. */
export interface AttributesRead {
  /** Of the ad itself; also names that it lacks. */
  readonly my: ReadonlySet<string>;
  /** Of the ad that it is matched with. */
  readonly target: ReadonlySet<string>;
  /** Whether an `eval` of a text that is not known beforehand may read anything. */
  readonly anything: boolean;
}

/**
 * The attributes that some attributes of `ad` can read when they are evaluated, themselves among them: directly, or
 * through other attributes of the same ad. Whatever else differs between two ads makes no difference to them.
 */
export function attributesRead(ad: AttributeTable, names: Iterable<string>): AttributesRead {
  const my = new Set([...names].map(asciiLower));
  const target = new Set<string>();
  let anything = false;
  // A set that grows while it is walked is walked to its end.
  for (const name of my) {
    const expression = ad.get(name);
    if (expression !== undefined) anything = collect(expression, ad, my, target) || anything;
  }
  return { my, target, anything };
}

/** The attributes that `expression` can read as if it stood in `ad`; see {@link attributesRead}. */
export function attributesReadBy(expression: Expression, ad: AttributeTable): AttributesRead {
  const own = new Set<string>();
  const target = new Set<string>();
  const anything = collect(expression, ad, own, target);
  const further = attributesRead(ad, own);
  return {
    my: further.my,
    target: new Set([...target, ...further.target]),
    anything: anything || further.anything,
  };
}

function collect(expression: Expression, ad: AttributeTable, my: Set<string>, target: Set<string>): boolean {
  if (expression.kind === 'literal') return false;
  const found = references(expression);
  for (const name of found.my) my.add(name);
  for (const name of found.target) target.add(name);
  for (const name of found.bare) {
    my.add(name);
    if (!ad.has(name)) target.add(name);
  }
  return found.anything;
}
