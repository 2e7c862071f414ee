import type { AttributeTable } from './attribute-table.ts';
import type { Layout } from './layout.ts';
import { absent, type Slot } from './slot.ts';

/** The initial size of a site's table of layouts; it grows when necessary. */
const leastSeen = 64;
const growth = 4;
const mostSeen = 8_192;

/**
 * A place in a compiled expression that reads an attribute. It caches the position of the name in the two layouts that it
 * saw last, so ads with the same layout are read without a search (an inline cache, as in Deutsch and Schiffman, "Efficient
 * Implementation of the Smalltalk-80 System", 1984). A site that sees more than a few layouts keeps a table.
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

  /** The table for many layouts: each identity is followed by the position; its index in the table follows from the identity. */
  #seen: Int32Array | undefined;
  #misses = 0;

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
    if (this.#seen !== undefined) return this.#recall(layout, this.#seen);
    const index = layout === this.#layoutBefore ? this.#indexBefore : this.#miss(layout);
    this.#layoutBefore = this.#layout;
    this.#indexBefore = this.#index;
    this.#layout = layout;
    this.#index = index;
    return index;
  }

  #recall(layout: Layout, seen: Int32Array): number {
    const { identity } = layout;
    const at = (identity * 2) & (seen.length - 1);
    if (seen[at] === identity && identity !== 0) return seen[at + 1] as number;
    const index = this.#miss(layout);
    seen[at] = identity;
    seen[at + 1] = index;
    return index;
  }

  #miss(layout: Layout): number {
    this.#misses += 1;
    const size = this.#seen?.length ?? leastSeen / growth;
    if (this.#misses > size && size < mostSeen) {
      this.#misses = 0;
      this.#seen = new Int32Array(size * growth);
    }
    return layout.indexOf(this.key);
  }
}
