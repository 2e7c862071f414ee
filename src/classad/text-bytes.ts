/**
 * ClassAd strings are bytes; here they are JavaScript strings. Text maps through UTF-8. A byte that is no
 * valid UTF-8 (an octal escape such as `"\200"`) becomes the lone surrogate U+DC00 + byte, so that every byte
 * string has one JavaScript string and comes back unharmed.
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return bytes;
}

/** How many bytes {@link bytesOf} gives. */
export function byteLength(text: string): number {
  let length = text.length;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80 || (code >= 0xdc80 && code <= 0xdcff)) continue;
    length += encoder.encode(character).length - character.length;
  }
  return length;
}

export function textOf(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const piece = length > 1 ? decode(bytes.slice(at, at + length)) : undefined;
    const byte = bytes[at] ?? 0;
    text += piece ?? String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
    at += piece === undefined ? 1 : length;
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function decode(bytes: readonly number[]): string | undefined {
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

const ascii = /^[\0-\x7f]*$/;

/** The bytes of `text` as a string of one character each, up to U+00FF; ASCII stays what it is. */
export function byteString(text: string): string {
  return ascii.test(text)
    ? text
    : bytesOf(text)
        .map((byte) => String.fromCharCode(byte))
        .join('');
}

/** Undoes {@link byteString}. */
export function textOfByteString(bytes: string): string {
  return ascii.test(bytes) ? bytes : textOf(Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
