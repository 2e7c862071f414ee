/** Something in a list ordered by news; the list alone sets its links. */
export interface Recent<T> {
  /** The number of the latest news about it. */
  newest: number;
  older: T | undefined;
  newer: T | undefined;
}

/** A list whose items move to the front with each news about them, so that whoever has seen everything up to a number finds the rest first. */
export class Recency<T extends Recent<T>> {
  #first: T | undefined;
  #count = 0;
  #asked: { readonly number: number; readonly newest: number; readonly found: readonly T[] } = {
    number: -1,
    newest: -1,
    found: [],
  };

  get size(): number {
    return this.#count;
  }

  /** Puts an item in front: it is new, or there is news about it. */
  put(item: T, number: number): void {
    item.newest = number;
    if (item === this.#first) return;
    if (item.newer !== undefined) this.delete(item);
    item.older = this.#first;
    if (this.#first !== undefined) this.#first.newer = item;
    this.#first = item;
    this.#count += 1;
  }

  /** Removes an item that is in the list. */
  delete(item: T): void {
    this.#asked = { number: -1, newest: -1, found: [] };
    const { newer, older } = item;
    if (newer === undefined) this.#first = older;
    else newer.older = older;
    if (older !== undefined) older.newer = newer;
    item.newer = undefined;
    item.older = undefined;
    this.#count -= 1;
  }

  /** The items with the latest news, the latest first. */
  latest(count: number): readonly T[] {
    const found: T[] = [];
    for (let item = this.#first; item !== undefined && found.length < count; item = item.older)
      found.push(item);
    return found;
  }

  /** The items with news after `number`, in the order in which these came. */
  since(number: number): readonly T[] {
    const newest = this.#first?.newest ?? 0;
    // Whoever asks one after the other has mostly seen the same.
    if (this.#asked.number === number && this.#asked.newest === newest) return this.#asked.found;
    const found: T[] = [];
    for (let item = this.#first; item !== undefined && item.newest > number; item = item.older)
      found.push(item);
    this.#asked = { number, newest, found: found.reverse() };
    return this.#asked.found;
  }
}
