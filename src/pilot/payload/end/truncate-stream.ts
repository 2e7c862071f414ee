import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** The most bytes of stdout, and of stderr, that come back, even from a payload that prints without end. */
export const mostStreamBytes = 100 * 2 ** 20;

/** The least number of bytes that are left out, so that the notice of it fits in their place. */
const longestNotice = 160;

/** Bytes that are copied at once, and the distance over which the end of a line is searched for. */
const chunk = 2 ** 20;

/**
 * Truncates what a payload printed to what may come back: the beginning, a line that says what is missing, and the end,
 * which is usually what matters. Lines of a usual length are kept whole.
 * @returns the number of bytes that were printed, if something was left out
 */
export async function truncateStream(
  path: string,
  most: number = mostStreamBytes,
): Promise<number | undefined> {
  const printed = statSync(path).size;
  if (printed <= most) return undefined;
  const file = await open(path, 'r+');
  try {
    const half = Math.floor(most / 2);
    const head = (await lastLineEnd(file, half)) ?? half;
    const tail = (await firstLineEnd(file, printed - half)) ?? printed - half;
    const from = Math.max(tail, head + longestNotice);
    const notice = Buffer.from(
      `\n[glidein: ${from - head} bytes are left out here; the job printed ${printed}, of which ${most} come back]\n`,
    );
    await file.write(notice, 0, notice.length, head);
    await file.truncate(await moveUp(file, from, printed, head + notice.length));
    return printed;
  } finally {
    await file.close();
  }
}

/** The position after the last line end before `place`. */
async function lastLineEnd(file: FileHandle, place: number): Promise<number | undefined> {
  const begin = Math.max(0, place - chunk);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(place - begin), 0, place - begin, begin);
  const at = buffer.subarray(0, bytesRead).lastIndexOf('\n');
  return at < 0 ? undefined : begin + at + 1;
}

/** The position after the first line end from `place` on. */
async function firstLineEnd(file: FileHandle, place: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(chunk), 0, chunk, place);
  const at = buffer.subarray(0, bytesRead).indexOf('\n');
  return at < 0 || at + 1 >= bytesRead ? undefined : place + at + 1;
}

/** Copies [from, end) to `to`, which must lie before it. @returns the end of the copy */
async function moveUp(file: FileHandle, from: number, end: number, to: number): Promise<number> {
  const buffer = Buffer.alloc(chunk);
  let target = to;
  for (let place = from; place < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(chunk, end - place), place);
    if (bytesRead === 0) break;
    await file.write(buffer, 0, bytesRead, target);
    place += bytesRead;
    target += bytesRead;
  }
  return target;
}
