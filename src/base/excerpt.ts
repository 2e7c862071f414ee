import type { Place } from './error.ts';

/** How much of a long line is shown. */
const width = 100;
const margin = '    ';

/** The line of an error and, below it, a caret under its column; nothing where the line is not known. */
export function excerpt(place: Place | undefined): readonly string[] {
  if (place?.text === undefined || place.column === undefined) return [];
  // One blank for every control character, tabs among them, so that the caret stands where the eye looks.
  const line = place.text.replace(/\p{Cc}/gu, ' ');
  const at = Math.min(place.column - 1, line.length);
  const start = at < width ? 0 : at - Math.floor(width / 2);
  const end = start + width;
  const shown = `${start > 0 ? '…' : ''}${line.slice(start, end)}${end < line.length ? '…' : ''}`;
  return [margin + shown.trimEnd(), `${margin}${' '.repeat(at - start + (start > 0 ? 1 : 0))}^`];
}
