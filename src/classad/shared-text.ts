/**
 * One string for each text that many ads have, such as `"X86_64"`: it is in memory once, and comparing it with itself
 * does not look at its characters. A cache: nothing depends on what is in it.
 */
const texts = new Map<string, string>();
const mostTexts = 20_000;
const longest = 32;

/** `text`, or a string equal to it that was seen before. */
export function sharedText(text: string): string {
  if (text.length > longest) return text;
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= mostTexts) texts.clear();
  texts.set(text, text);
  return text;
}
