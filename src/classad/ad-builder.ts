import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { Grammar } from './grammar.ts';
import { type InternedName, internedName } from './interned-name.ts';
import { Layout } from './layout.ts';
import { notPlain, plainConstant } from './plain-constant.ts';
import { type Slot, slotOf } from './slot.ts';

/**
 * Takes the attributes of a new ad one after the other, and looks its layout up once, when all are there.
 * {@link AttributeTable.set} would have to do that after each.
 */
export class AdBuilder {
  readonly #names: InternedName[] = [];
  readonly #slots: Slot[] = [];
  readonly #expressions = new Set<Expression>();
  /** Of the names in their order. */
  #hash = 0;

  set(name: string, expression: Expression): void {
    this.put(name, slotOf(expression));
  }

  /**
   * @param parse may return what it has returned for the same text before
   * @throws GlideinError `InvalidExpression`
   */
  setText(name: string, text: string, parse: (text: string) => Expression = parsed): void {
    const constant = plainConstant(text);
    if (constant !== notPlain) this.put(name, constant);
    else {
      const known = parse(text);
      // Two attributes of one ad are two expressions: one that leads to itself is known by its object.
      const expression = this.#expressions.has(known) ? parsed(text) : known;
      this.#expressions.add(expression);
      this.set(name, expression);
    }
  }

  put(name: string, slot: Slot): void {
    const interned = internedName(name);
    this.#hash = (Math.imul(this.#hash, 31) + interned.id) | 0;
    this.#names.push(interned);
    this.#slots.push(slot);
  }

  /** Gives the attributes to `ad`, which has none. Of a name that came twice the last counts. */
  finish<Ad extends AttributeTable>(ad: Ad): Ad {
    const layout = Layout.of(this.#names, this.#hash);
    if (layout !== undefined) ad.fill(layout, this.#slots);
    else for (const [index, { text }] of this.#names.entries()) ad.put(text, this.#slots[index] as Slot);
    return ad;
  }
}

const parsed = (text: string): Expression => new Grammar(text).wholeExpression();
