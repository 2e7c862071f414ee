import { Readable } from 'node:stream';

/** Characters that are collected before they are sent. */
const chunk = 2 ** 16;

/**
 * What to send for the JSON text whose parts come one after the other: the text itself if it is short, else a stream of which
 * only a piece at a time is in memory, however slowly the client reads.
 * @param settled called before each piece is sent: what it says must not be ahead of the disk
 * @throws whatever the parts or `settled` throw before the first piece is complete
 */
export async function streamed(
  parts: AsyncIterable<string>,
  settled: () => Promise<unknown>,
): Promise<string | Readable> {
  const pieces = inPieces(parts, settled);
  const first = await pieces.next();
  if (first.done === true) return '';
  const second = first.value.length < chunk ? await pieces.next() : undefined;
  if (second?.done === true) return first.value;
  return Readable.from(chain([first.value, second?.value ?? ''], pieces), { objectMode: false });
}

async function* inPieces(
  parts: AsyncIterable<string>,
  settled: () => Promise<unknown>,
): AsyncGenerator<string, undefined> {
  let piece = '';
  for await (const part of parts) {
    piece += part;
    if (piece.length < chunk) continue;
    await settled();
    yield piece;
    piece = '';
  }
  await settled();
  yield piece;
  return undefined;
}

async function* chain(first: readonly string[], rest: AsyncIterable<string>): AsyncGenerator<string> {
  for (const piece of first) if (piece !== '') yield piece;
  for await (const piece of rest) if (piece !== '') yield piece;
}
