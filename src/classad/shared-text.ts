/**
 * Shares one string object among the many ads that contain the same text, such as `"X86_64"`. That saves memory, and comparing
 * a string with itself does not read its characters. It is only a cache.
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
  const own = ownCopy(text);
  texts.set(own, own);
  return own;
}

/** A string equal to `text` that does not keep the longer text in memory which it may be a piece of. */
export function ownCopy(text: string): string {
  // As the name of a property, a string becomes one of its own in V8.
  return Object.keys({ [text]: true })[0] ?? text;
}
