import type { Expression } from './ast.ts';
import type { AttributeSite } from './attribute-site.ts';
import type { AttributeTable } from './attribute-table.ts';
import type { Environment } from './environment.ts';
import type { Value } from './value.ts';

/** Names that mean a scope (or the time) unless an attribute has that name; in lower case. */
export type SpecialName = 'my' | 'self' | 'target' | 'other' | 'parent' | 'root' | 'toplevel' | 'currenttime';

const specialNames: ReadonlySet<string> = new Set<SpecialName>([
  'my',
  'self',
  'target',
  'other',
  'parent',
  'root',
  'toplevel',
  'currenttime',
]);

export function isSpecialName(key: string): key is SpecialName {
  return specialNames.has(key);
}

/** Marks that a shortcut does not apply. */
export const unresolved = Symbol('unresolved');

/**
 * Where names are looked up: an ad, the ads that enclose it lexically, and the other ad of a match.
 *
 * A bare name is searched in the ad, then in the enclosing ones, then, from an ad that stands alone, in the
 * other ad. In there the roles are exchanged: its `MY` is our `TARGET`. Names come in lower case; `position`
 * counts the nodes from the root of the expression down to the reference, for the limit on depth.
 */
export interface Scope {
  readonly ad: AttributeTable;
  readonly enclosing: Scope | undefined;
  readonly environment: Environment;
  bare(site: AttributeSite, position: number): Value;
  /**
   * `MY.name`, where `special` reads the name MY: {@link unresolved} when the ad has an attribute of that name, and the
   * long way must be taken.
   */
  mine(special: AttributeSite, site: AttributeSite, position: number): Value | typeof unresolved;
  /** `TARGET.name` in the same way. */
  others(special: AttributeSite, site: AttributeSite, position: number): Value | typeof unresolved;
  /** The scope whose ad a bare name leads to. */
  ownerOf(key: string): Scope | undefined;
  /**
   * From now on until its end, the expression that is being evaluated in this scope looks names up in another one.
   * {@link Scope.here} is where it looks now.
   */
  stray(to: Scope): void;
  readonly here: Scope;
  /** Whether there is another ad to match with. */
  readonly isMatched: boolean;
  /** A scope in which no name has a value. Ads that are written there still stand in this one: their {@link Scope.lexical}. */
  nowhere(): Scope;
  readonly lexical: Scope;
  /** `ad.name`: in this ad and the ones that enclose it, never in the other ad of a match. */
  climb(key: string, position: number): Value;
  special(name: SpecialName, position: number): Value;
  /** Where `.name` is looked up; a match has no such place. */
  absolute(): Scope | undefined;
  /** The scope of an ad that came up as a value. */
  within(ad: AttributeTable): Scope;
  /** Evaluation in the context of `ad`, as evalInEachContext does it: what it lacks is searched from here on. */
  context(ad: AttributeTable): Scope;
  /** An expression that is not an attribute, evaluated here. */
  evaluate(expression: Expression): Value;
  /** Counts work that takes as long as reading this many attributes; false if that exceeds the limit of one evaluation. */
  spend(steps: number): boolean;
  /** Runs code that looks into a value and may recurse into this scope; an error if that nests too deep. */
  deeper(run: () => Value): Value;
  /** Seconds since the epoch, or an error where there is no clock. */
  now(): Value;
}

/** An expression as a closure: give it a scope, get the value. Never throws. */
export type Compiled = (scope: Scope) => Value;
