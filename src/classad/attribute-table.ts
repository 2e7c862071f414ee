import { type Expression, literal } from './ast.ts';
import { Layout } from './layout.ts';
import { asciiLower } from './names.ts';
import { Absent, absent, Computed, type Slot, slotOf } from './slot.ts';

export interface Attribute {
  readonly name: string;
  readonly expression: Expression;
}

/** The ads around an ad that is written inside another one, from the inside out. */
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
  /** The position of each name in `slots`. Both fields are for the evaluator; all other code uses the methods. */
  layout: Layout = Layout.empty();
  slots: Slot[] = [];

  constructor(parent?: AttributeTable) {
    this.parent = parent;
  }

  /** Where an ad that is written inside another one looks up names that it lacks; set once by the evaluator. */
  lexical: Surrounding | undefined;

  /** A new ad of the same kind, without attributes: how the evaluator makes ads without knowing the class. */
  abstract empty(): AttributeTable;

  /** The entry for a name that is already in lower case. */
  slot(key: string): Slot {
    const index = this.layout.indexOf(key);
    if (index >= 0) return this.slots[index] as Slot;
    return this.parent === undefined ? absent : this.parent.slot(key);
  }

  get(name: string): Expression | undefined {
    return expressionIn(this.slot(asciiLower(name)));
  }

  /** How the name of an attribute is written. */
  spelling(name: string): string | undefined {
    const key = asciiLower(name);
    const index = this.layout.indexOf(key);
    if (index < 0) return this.parent?.spelling(key);
    return this.slots[index] === absent ? undefined : this.layout.nameAt(index);
  }

  /** Sets the attribute; one that is there already keeps its spelling. */
  set(name: string, expression: Expression): this {
    this.put(name, slotOf(expression));
    return this;
  }

  /** Deletes an attribute; one of the parent stays there but is hidden here. @returns whether there was one */
  delete(name: string): boolean {
    const key = asciiLower(name);
    const existed = this.slot(key) !== absent;
    if (existed) this.put(name, absent);
    return existed;
  }

  has(name: string): boolean {
    return this.slot(asciiLower(name)) !== absent;
  }

  /** Own attributes and those of the parent that show through, each once. */
  *attributes(): Generator<Attribute> {
    if (this.parent !== undefined) {
      for (const attribute of this.parent.attributes()) {
        if (this.layout.indexOf(asciiLower(attribute.name)) < 0) yield attribute;
      }
    }
    yield* this.ownAttributes();
  }

  /** The attributes of this ad alone. */
  *ownAttributes(): Generator<Attribute> {
    for (const [index, slot] of this.slots.entries()) {
      const expression = expressionIn(slot);
      if (expression !== undefined) yield { name: this.layout.nameAt(index), expression };
    }
  }

  *names(): Generator<string> {
    for (const attribute of this.attributes()) yield attribute.name;
  }

  get size(): number {
    let count = 0;
    for (const _ of this.attributes()) count += 1;
    return count;
  }

  /** Makes `copy` hide what this ad hides and hold what this ad holds. */
  protected copyInto(copy: AttributeTable): void {
    copy.layout = this.layout;
    for (const slot of this.slots) copy.slots.push(slot);
  }

  /** Sets what the ad holds under a name. */
  put(name: string, slot: Slot): void {
    const known = this.layout.next(name);
    const key = known === undefined ? asciiLower(name) : '';
    const index = known === undefined ? this.layout.indexOf(key) : -1;
    if (index >= 0) {
      this.slots[index] = slot;
      return;
    }
    this.layout = known ?? this.layout.with(name, key);
    this.slots.push(slot);
  }

  /** Sets all at once, in an ad that has nothing yet: what it holds under the names of `layout`. */
  fill(layout: Layout, slots: Slot[]): void {
    this.layout = layout;
    this.slots = slots;
  }
}

function expressionIn(slot: Slot): Expression | undefined {
  if (slot instanceof Computed) return slot.expression;
  return slot instanceof Absent ? undefined : literal(slot);
}
