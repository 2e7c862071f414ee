/** A binary heap: the item that comes first by `compare` is found at once, and replaced or removed in log n steps. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];

  /** @param compare negative if `a` comes before `b` */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item that comes first; undefined if there is none. */
  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#up(this.#items.length - 1);
  }

  /** Removes the first item. */
  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#down(0);
    }
    return first;
  }

  /** Puts the first item in its right place, after it has changed so that it may come later. */
  firstChanged(): void {
    if (this.#items.length > 1) this.#down(0);
  }

  #up(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (this.#compare(item, items[above] as T) >= 0) break;
      items[at] = items[above] as T;
      at = above;
    }
    items[at] = item;
  }

  #down(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#compare(items[below + 1] as T, items[below] as T) < 0) below += 1;
      if (this.#compare(item, items[below] as T) <= 0) break;
      items[at] = items[below] as T;
      at = below;
    }
    items[at] = item;
  }
}
