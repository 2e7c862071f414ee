/** A text of at most `most` characters (UTF-16 units). A longer text ends with an ellipsis, and never with half a character. */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const cut = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') ? end - 1 : end;
  return `${text.slice(0, cut)}…`;
}
