import type { Expression } from './ast.ts';
import { asciiLower } from './names.ts';

export interface Attribute {
  readonly name: string;
  readonly expression: Expression;
}

/** Where a written ad stands: the ad around it, and so on outwards. */
export interface Surrounding {
  readonly ad: AttributeTable;
  readonly enclosing: Surrounding | undefined;
}

/**
 * The bare table below a ClassAd: names without regard to case, their spelling kept, and an optional parent
 * whose attributes show through (a cluster's ad below a proc's). The evaluator needs no more than this.
 */
export abstract class AttributeTable {
  readonly parent: AttributeTable | undefined;
  readonly #attributes = new Map<string, Attribute>();
  /** Names that the parent defines and this ad deleted. */
  #hidden: Set<string> | undefined;

  constructor(parent?: AttributeTable) {
    this.parent = parent;
  }

  /** Where an ad that is written inside of another looks for names that it lacks; set once by the evaluator. */
  lexical: Surrounding | undefined;

  /** A new ad of the same kind, without attributes: how the evaluator makes ads without knowing the class. */
  abstract empty(): AttributeTable;

  /** The attribute under a name that is in lower case already. */
  find(key: string): Attribute | undefined {
    const own = this.#attributes.get(key);
    if (own !== undefined || this.parent === undefined) return own;
    return this.#hidden?.has(key) === true ? undefined : this.parent.find(key);
  }

  get(name: string): Expression | undefined {
    return this.find(asciiLower(name))?.expression;
  }

  /** Sets the attribute; its spelling becomes `name`. */
  set(name: string, expression: Expression): this {
    this.#attributes.set(asciiLower(name), { name, expression });
    return this;
  }

  /** Whether there was such an attribute. One of the parent stays there and is hidden here. */
  delete(name: string): boolean {
    const key = asciiLower(name);
    const existed = this.find(key) !== undefined;
    this.#attributes.delete(key);
    if (this.parent?.find(key) !== undefined) {
      this.#hidden ??= new Set();
      this.#hidden.add(key);
    }
    return existed;
  }

  has(name: string): boolean {
    return this.find(asciiLower(name)) !== undefined;
  }

  /** Own attributes and those of the parent that show through, each once. */
  *attributes(): Generator<Attribute> {
    if (this.parent !== undefined) {
      for (const attribute of this.parent.attributes()) {
        const key = asciiLower(attribute.name);
        if (!this.#attributes.has(key) && this.#hidden?.has(key) !== true) yield attribute;
      }
    }
    yield* this.#attributes.values();
  }

  /** The attributes of this ad alone. */
  ownAttributes(): Iterable<Attribute> {
    return this.#attributes.values();
  }

  *names(): Generator<string> {
    for (const attribute of this.attributes()) yield attribute.name;
  }

  get size(): number {
    if (this.parent === undefined) return this.#attributes.size;
    let count = 0;
    for (const _ of this.attributes()) count += 1;
    return count;
  }

  /** Makes `copy` hide what this ad hides and hold what this ad holds. */
  protected copyInto(copy: AttributeTable): void {
    for (const { name, expression } of this.#attributes.values()) copy.set(name, expression);
    for (const key of this.#hidden ?? []) copy.delete(key);
  }
}
