/** Where in JSON a byte may stand: outside of strings, in one, or in one after a backslash. The values are rows of a table. */
export const outside = 0;
export const inString = 256;
const afterBackslash = 512;

/** What a byte of JSON does. */
export const act = {
  nothing: 0,
  beginsString: 1,
  endsString: 2,
  escapes: 3,
  isEscaped: 4,
  opens: 5,
  closes: 6,
  breaksLine: 7,
  comma: 8,
  colon: 9,
} as const;

const acts = new Uint8Array(768);
for (const [where, bytes, what] of [
  [outside, '"', act.beginsString],
  [outside, '[{', act.opens],
  [outside, ']}', act.closes],
  [outside, '\n\r', act.breaksLine],
  [outside, ',', act.comma],
  [outside, ':', act.colon],
  [inString, '"', act.endsString],
  [inString, '\\', act.escapes],
] as const) {
  for (const byte of bytes) acts[where + byte.charCodeAt(0)] = what;
}
acts.fill(act.isEscaped, afterBackslash);

/** By where a byte stands, plus the byte: one of {@link act}. */
export const actOf: Readonly<Uint8Array> = acts;

/** Where the byte after one with this act stands; undefined if that does not change. */
export function whereAfter(what: number): number | undefined {
  switch (what) {
    case act.beginsString:
    case act.isEscaped:
      return inString;
    case act.endsString:
      return outside;
    case act.escapes:
      return afterBackslash;
    default:
      return undefined;
  }
}
