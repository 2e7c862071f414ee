import type { InternedName } from './interned-name.ts';

/**
 * The names that an ad has, and the position of each in its slots. Ads that got the same names in the same order share one
 * layout, so a compiled expression looks a name up once and finds it at the same position in the next ad
 * ({@link AttributeSite}).
 *
 * A layout shares its table with the layouts that extend it, as long as each has only one extension; for a second one the
 * table is copied. An index at or beyond `size` belongs to a longer layout with the same table.
 */
export class Layout {
  #identity = 0;
  readonly size: number;
  readonly #index: Map<string, number>;
  readonly #names: string[];
  /** The layouts with one more name, by that name. */
  #longer: Map<string, Layout> | undefined;

  private constructor(index: Map<string, number>, names: string[], size: number) {
    this.#index = index;
    this.#names = names;
    this.size = size;
  }

  /** The layout of an ad without attributes. */
  static empty(): Layout {
    makeRoom();
    return root;
  }

  static fresh(): Layout {
    return new Layout(new Map(), [], 0);
  }

  /** The layout of these names in this order, where `hash` depends on nothing else; undefined when one is there twice. */
  static of(names: readonly InternedName[], hash: number): Layout | undefined {
    const known = whole.get(hash);
    if (known !== undefined && known.#hasAll(names)) return known;
    const index = new Map<string, number>();
    for (const { key } of names) index.set(key, index.size);
    if (index.size < names.length) return undefined;
    makeRoom();
    entries += names.length;
    const texts = names.map(({ text }) => text);
    const layout = new Layout(index, texts, names.length);
    whole.set(hash, layout);
    return layout;
  }

  #hasAll(names: readonly InternedName[]): boolean {
    if (names.length !== this.size) return false;
    for (let at = 0; at < names.length; at += 1) if (names[at]?.text !== this.#names[at]) return false;
    return true;
  }

  /** The place of a name in lower case; -1 where the ad lacks it. */
  indexOf(key: string): number {
    const index = this.#index.get(key);
    return index !== undefined && index < this.size ? index : -1;
  }

  /** A number that no other layout ever has, small ones first; 0 when there are no more. */
  get identity(): number {
    if (this.#identity === 0 && identities < mostIdentities) {
      identities += 1;
      this.#identity = identities;
    }
    return this.#identity;
  }

  /** The spelling of the name at a place. */
  nameAt(index: number): string {
    return this.#names[index] ?? '';
  }

  /** The layout with one more name, if there is one already; undefined also when the name is not new here. */
  next(name: string): Layout | undefined {
    return this.#longer?.get(name);
  }

  /** Makes the layout with one more name; `key` is `name` in lower case, and new here. */
  with(name: string, key: string): Layout {
    const newest = this.#names.length === this.size;
    const names = newest ? this.#names : this.#names.slice(0, this.size);
    const index = newest ? this.#index : new Map([...this.#index].slice(0, this.size));
    entries += newest ? 1 : this.size + 1;
    names.push(name);
    index.set(key, this.size);
    const longer = new Layout(index, names, this.size + 1);
    this.#longer ??= new Map();
    this.#longer.set(name, longer);
    return longer;
  }
}

/**
 * The tree of shared layouts, and those that were made as a whole (by the hash of their names), are only a cache. When it
 * reaches a certain size it is dropped and started anew, so that ads with ever new names do not fill the memory; existing ads
 * keep their layouts.
 */
const mostEntries = 500_000;
let entries = 0;
/** So that one fits into 32 bits with its sign. */
const mostIdentities = 2 ** 31 - 1;
let identities = 0;
let root = Layout.fresh();
const whole = new Map<number, Layout>();

function makeRoom(): void {
  if (entries <= mostEntries) return;
  entries = 0;
  root = Layout.fresh();
  whole.clear();
}
