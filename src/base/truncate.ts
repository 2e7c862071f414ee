/** At most `most` characters (UTF-16 units) of a text; a longer one ends with an ellipsis, never inside of a character. */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const cut = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') ? end - 1 : end;
  return `${text.slice(0, cut)}…`;
}
