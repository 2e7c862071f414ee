/** Items that are looked at before other requests get their turn. */
const slice = 1000;

/** Looks at each item, and lets others work in between. @param turn resolves when it is the turn of this request */
export async function inSlices<Item>(
  items: Iterable<Item>,
  each: (item: Item) => void,
  turn: () => Promise<void>,
): Promise<void> {
  let done = 0;
  for (const item of items) {
    if (done % slice === 0) await turn();
    each(item);
    done += 1;
  }
}
