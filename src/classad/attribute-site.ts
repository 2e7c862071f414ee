import type { AttributeTable } from './attribute-table.ts';
import type { Layout } from './layout.ts';
import { absent, type Slot } from './slot.ts';

/**
 * A place in a compiled expression that reads an attribute. It remembers where the name stood in the two layouts that it
 * met last: ads that look alike are read without a search (an inline cache, as in Deutsch and Schiffman, "Efficient
 * Implementation of the Smalltalk-80 System", 1984).
 */
export class AttributeSite {
  readonly key: string;
  #layout: Layout | undefined;
  #index = -1;
  #layoutBefore: Layout | undefined;
  #indexBefore = -1;
  /** Sites for the parents of ads, and for the other ad of a match: those look different from the ad itself. */
  #inherited: AttributeSite | undefined;
  #other: AttributeSite | undefined;

  constructor(key: string) {
    this.key = key;
  }

  slotIn(table: AttributeTable): Slot {
    const { layout } = table;
    const index = layout === this.#layout ? this.#index : this.#search(layout);
    // A deleted attribute is absent and hides what the parent has under the name.
    if (index >= 0) return table.slots[index] as Slot;
    if (table.parent === undefined) return absent;
    this.#inherited ??= new AttributeSite(this.key);
    return this.#inherited.slotIn(table.parent);
  }

  /** The same name, read in the other ad of a match. */
  other(): AttributeSite {
    this.#other ??= new AttributeSite(this.key);
    return this.#other;
  }

  #search(layout: Layout): number {
    const index = layout === this.#layoutBefore ? this.#indexBefore : layout.indexOf(this.key);
    this.#layoutBefore = this.#layout;
    this.#indexBefore = this.#index;
    this.#layout = layout;
    this.#index = index;
    return index;
  }
}
