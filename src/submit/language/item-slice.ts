/** A slice of the items of a `queue` statement, as in Python: from `start`, up to but not including `end`, every `step`th. */
export interface Slice {
  readonly start: number;
  readonly end: number | undefined;
  readonly step: number;
}

const written = /^\[\s*(-?\d*)\s*(?::\s*(-?\d*)\s*(?::\s*(\d*)\s*)?)?\]/;

/**
 * The slice at the beginning of `text` and its length in characters: `[1:]`, `[:-1]`, `[::2]`, and `[3]`, which means
 * `[3:]`. Undefined for anything else.
 */
export function readSlice(text: string): { slice: Slice; length: number } | undefined {
  const found = written.exec(text);
  if (found === null) return undefined;
  const [whole, start = '', end = '', step = ''] = found;
  const slice = {
    start: start === '' ? 0 : Number(start),
    end: end === '' ? undefined : Number(end),
    step: step === '' ? 1 : Number(step),
  };
  return slice.step < 1 ? undefined : { slice, length: whole.length };
}

/** The items that a slice selects. */
export function sliced<T>(items: readonly T[], { start, end, step }: Slice): T[] {
  const chosen = items.slice(start, end);
  return step === 1 ? chosen : chosen.filter((_, index) => index % step === 0);
}
