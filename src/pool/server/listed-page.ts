/** A page ends after this many characters; its `next` then says that there is more. */
const mostCharacters = 64 * 2 ** 20;

/** Milliseconds of work on one request before other requests get their turn. */
const slice = 2;

/** Milliseconds after which a page ends wherever it has come: clients wait for longer than that. */
const longestLook = 20_000;

interface Page<Item> {
  /** What the answer calls the items. */
  readonly items: 'jobs' | 'slots';
  readonly limit: number;
  /** Whether the item belongs in the answer. */
  readonly wanted: (item: Item) => boolean;
  /** The item as JSON. */
  readonly text: (item: Item) => string;
  /** The name of an item in `after`. */
  readonly cursor: (item: Item) => string;
  /** Whether to go through all items and count the wanted ones, as clients without `limit` expect. */
  readonly counted: boolean;
  /** Aborted when the reader is gone. */
  readonly signal: AbortSignal;
  /** Resolves when it is the turn of this request. @param spent milliseconds of work since its last turn */
  readonly turn: (spent: number) => Promise<void>;
  /** Takes note of milliseconds of work after which no turn comes. */
  readonly charge: (spent: number) => void;
}

/**
 * The JSON of a page of jobs or slots, part by part: as many of the wanted ones as fit, and then where the next page begins. The
 * pool goes on serving meanwhile.
 * @param items undefined stands for an item that is not wanted
 */
export async function* listedPage<Item>(
  items: Iterable<Item | undefined> | AsyncIterable<Item>,
  page: Page<Item>,
): AsyncGenerator<string> {
  const texts = new PageTexts(page);
  const end = performance.now() + longestLook;
  let began = performance.now();
  let until = Number.NEGATIVE_INFINITY;
  yield `{"${page.items}":[`;
  for await (const item of items) {
    if (performance.now() > until) {
      await page.turn(Math.min(slice, performance.now() - began));
      if (page.signal.aborted) break;
      began = performance.now();
      until = began + slice;
    }
    if (item === undefined) continue;
    if (page.wanted(item)) yield texts.next(item);
    if (began > end) texts.endAfter(item);
    if (texts.isFull && !page.counted) break;
  }
  page.charge(Math.min(slice, performance.now() - began));
  yield texts.end();
}

/** The items of one page as JSON. */
class PageTexts<Item> {
  readonly #page: Page<Item>;
  #characters = 0;
  #told = 0;
  #wanted = 0;
  #last: Item | undefined;
  /** Whether there may be an item that the page had no room for. */
  isFull = false;

  constructor(page: Page<Item>) {
    this.#page = page;
  }

  /** The text of a wanted item; empty if there is no room for it. */
  next(item: Item): string {
    this.#wanted += 1;
    if (this.isFull || this.#told >= this.#page.limit) {
      this.isFull = true;
      return '';
    }
    const text = this.#page.text(item);
    this.#characters += text.length;
    // An item that is too large by itself is a page of its own.
    this.isFull = this.#characters > mostCharacters && this.#told > 0;
    if (this.isFull) return '';
    this.#told += 1;
    this.#last = item;
    return this.#told === 1 ? text : `,${text}`;
  }

  /** Looking took too long: the next page begins after this item, wanted or not. */
  endAfter(item: Item): void {
    if (this.isFull || this.#page.counted) return;
    this.#last = item;
    this.isFull = true;
  }

  end(): string {
    const { counted, cursor } = this.#page;
    const total = counted ? this.#wanted : this.#told;
    const more =
      this.isFull && this.#last !== undefined ? `,"next":${JSON.stringify(cursor(this.#last))}` : '';
    return `],"total":${total}${more}}`;
  }
}
