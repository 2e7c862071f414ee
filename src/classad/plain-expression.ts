import type { Expression } from './ast.ts';
import type { AttributeSite } from './attribute-site.ts';
import type { AttributeTable } from './attribute-table.ts';
import { children } from './children.ts';
import { asciiLower } from './names.ts';
import { isSpecialName, type Scope } from './scope.ts';
import { Absent, absent, Computed, type Slot } from './slot.ts';
import type { Value } from './value.ts';

/** Larger ones are seldom, and would be walked at each evaluation without a look at the limits. */
const largest = 500;

/** The names that may stand before a dot. */
const prefixes: ReadonlySet<string> = new Set(['my', 'self', 'target', 'other']);

/**
 * Whether an expression consists of operators, constants and names alone, as most clauses of Requirements do. As long as what it
 * reads is constant too, its evaluation cannot recurse, and needs none of what guards against that: see {@link PlainScope}.
 */
export function isPlain(expression: Expression): boolean {
  return expression.size <= largest && isMadeOfPlain(expression);
}

function isMadeOfPlain(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return true;
    case 'reference':
      return !expression.absolute && !isSpecialName(asciiLower(expression.name));
    case 'select':
      return isPrefix(expression.base) && !isSpecialName(asciiLower(expression.name));
    case 'subscript':
    case 'call':
    case 'list':
    case 'record':
      return false;
    default:
      return children(expression).every(isMadeOfPlain);
  }
}

const isPrefix = (base: Expression): boolean =>
  base.kind === 'reference' && !base.absolute && prefixes.has(asciiLower(base.name));

/**
 * The scope of a plain expression in a match in which it reads nothing but constants. Once it has met anything else it
 * {@link PlainScope.hasFailed}, and the value means nothing.
 */
export class PlainScope implements Pick<Scope, 'bare' | 'mine' | 'others'> {
  hasFailed = false;
  readonly #my: AttributeTable;
  readonly #target: AttributeTable;

  constructor(my: AttributeTable, target: AttributeTable) {
    this.#my = my;
    this.#target = target;
  }

  bare(site: AttributeSite): Value {
    const own = site.slotIn(this.#my);
    return own === absent ? this.#read(site.other(), this.#target) : this.#constant(own);
  }

  mine(special: AttributeSite, site: AttributeSite): Value {
    return this.#means(special) ? this.#read(site, this.#my) : undefined;
  }

  others(special: AttributeSite, site: AttributeSite): Value {
    return this.#means(special) ? this.#read(site, this.#target) : undefined;
  }

  /** Whether the word before the dot means an ad: an attribute with its name would take precedence. */
  #means(special: AttributeSite): boolean {
    if (special.slotIn(this.#my) === absent) return true;
    this.hasFailed = true;
    return false;
  }

  #read(site: AttributeSite, ad: AttributeTable): Value {
    const slot = site.slotIn(ad);
    return slot === absent ? undefined : this.#constant(slot);
  }

  #constant(slot: Slot): Value {
    if (typeof slot !== 'object' || !(slot instanceof Computed || slot instanceof Absent)) return slot;
    this.hasFailed = true;
    return undefined;
  }
}
