/**
 * ClassAd strings are bytes; here they are JavaScript strings. Text maps through UTF-8. A byte that is no
 * valid UTF-8 (an octal escape such as `"\200"`) becomes the lone surrogate U+DC00 + byte, so that every byte
 * string has one JavaScript string and comes back unharmed.
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ascii = /^[\0-\x7f]*$/;

export function bytesOf(text: string): Uint8Array {
  // Nothing but the stand-ins for bytes can be ill-formed.
  return text.isWellFormed() ? encoder.encode(text) : Uint8Array.from(pieceBytes(text));
}

function* pieceBytes(text: string): Generator<number> {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) yield code - 0xdc00;
    else yield* encoder.encode(character);
  }
}

/** How many bytes {@link bytesOf} gives. */
export function byteLength(text: string): number {
  return ascii.test(text) ? text.length : bytesOf(text).length;
}

export function textOf(bytes: Uint8Array): string {
  return decode(bytes) ?? textOfPieces(bytes);
}

function textOfPieces(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const length = sequenceLength(byte);
    const piece = length > 1 ? decode(bytes.subarray(at, at + length)) : undefined;
    pieces.push(piece ?? String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte));
    at += piece === undefined ? 1 : length;
  }
  return pieces.join('');
}

function sequenceLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of `text` as a string of one character each, up to U+00FF; ASCII stays what it is. */
export function byteString(text: string): string {
  return ascii.test(text) ? text : Buffer.from(bytesOf(text)).toString('latin1');
}

/** Undoes {@link byteString}. */
export function textOfByteString(bytes: string): string {
  return ascii.test(bytes) ? bytes : textOf(Buffer.from(bytes, 'latin1'));
}
