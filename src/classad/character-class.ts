/** What a character can be in an expression; everything beyond ASCII is {@link other}. */
export const other = 0;
export const blank = 1;
export const nameStart = 2;
export const digit = 3;
/** An operator, or a comment. */
export const slash = 4;
/** Any other operator that is no dot and no sign. */
export const operatorStart = 5;

const classes = new Uint8Array(128);
for (const character of ' \t\n\v\f\r') classes[character.charCodeAt(0)] = blank;
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') {
  classes[character.charCodeAt(0)] = nameStart;
}
for (const character of '0123456789') classes[character.charCodeAt(0)] = digit;
classes['/'.charCodeAt(0)] = slash;
for (const character of '()[]{},;:+*%~^=!<>&|?') classes[character.charCodeAt(0)] = operatorStart;

/** The class of the character at `at`; {@link other} behind the end. */
export function classAt(text: string, at: number): number {
  if (at >= text.length) return other;
  const code = text.charCodeAt(at);
  return code < 128 ? (classes[code] as number) : other;
}

/** Where a run of letters, digits and underscores that begins at `at` ends. */
export function nameEnd(text: string, at: number): number {
  let end = at;
  for (;;) {
    const kind = classAt(text, end);
    if (kind !== nameStart && kind !== digit) return end;
    end += 1;
  }
}

export function digitsEnd(text: string, at: number): number {
  let end = at;
  while (classAt(text, end) === digit) end += 1;
  return end;
}
