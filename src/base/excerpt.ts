import type { Place } from './error.ts';

/** The most characters of a line that are shown. */
const width = 100;
const margin = '    ';

/** The line of an error, and a caret under its column. Empty if the line is not known. */
export function excerpt(place: Place | undefined): readonly string[] {
  if (place?.text === undefined || place.column === undefined) return [];
  // Each control character, even a tab, becomes one blank, so that the caret stands in the right place.
  const line = place.text.replace(/\p{Cc}/gu, ' ');
  const at = Math.min(place.column - 1, line.length);
  const start = at < width ? 0 : at - Math.floor(width / 2);
  const end = start + width;
  const shown = `${start > 0 ? '…' : ''}${line.slice(start, end)}${end < line.length ? '…' : ''}`;
  return [margin + shown.trimEnd(), `${margin}${' '.repeat(at - start + (start > 0 ? 1 : 0))}^`];
}
