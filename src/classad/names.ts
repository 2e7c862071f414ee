const nonAscii = /[^\0-\x7f]/;

/** Lower case of the ASCII letters alone: how names and strings compare, whatever the locale. */
export function asciiLower(text: string): string {
  return nonAscii.test(text)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.toLowerCase();
}

export function asciiUpper(text: string): string {
  return nonAscii.test(text)
    ? text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    : text.toUpperCase();
}

/** Words that are a name only between single quotes. */
const reservedWords: ReadonlySet<string> = new Set(['true', 'false', 'undefined', 'error', 'is', 'isnt']);

const longestWord = 9;

/** Whether `name`, in any case, is one of {@link reservedWords}. */
export function isReserved(name: string): boolean {
  return name.length <= longestWord && reservedWords.has(asciiLower(name));
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether `name` can be written without quotes; the original quotes `parent` too, without need. */
export function isPlainName(name: string): boolean {
  return plainName.test(name) && !isReserved(name) && asciiLower(name) !== 'parent';
}

/** The order in which the attributes of an ad print: by length, then by name without regard to case. */
export function compareNames(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  const a = asciiLower(left);
  const b = asciiLower(right);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
