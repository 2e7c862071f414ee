import { GlideinError } from '#base/error.ts';
import { maxBlobBytes } from '#wire/file.ts';

/**
 * The first and the last byte that a `Range` header asks for; undefined for everything, and for what is no single range, which a
 * server may ignore (RFC 9110, 14.2).
 * @throws GlideinError InvalidArgument if the file ends before
 */
export function askedRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const [, first, last] = /^bytes=([0-9]{1,15})-([0-9]{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return { start, end };
  throw new GlideinError('InvalidArgument', `the file has ${size} bytes, none from ${start} on`);
}

/**
 * Where a body begins in its file, from a `Content-Range` header; 0 if there is none.
 * @param length of the body
 * @throws GlideinError InvalidArgument unless it is the end of a file that fits
 */
export function beginningOf(header: string | undefined, length: number | undefined): number {
  if (header === undefined) return 0;
  const parts = /^bytes ([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15})$/.exec(header)?.slice(1).map(Number);
  if (parts === undefined || !isRest(parts, length))
    throw new GlideinError('InvalidArgument', 'the Content-Range is not the rest of a file', {
      cure: 'write Content-Range: bytes FROM-LAST/SIZE, and send all bytes from FROM on',
    });
  const [first = 0, , total = 0] = parts;
  if (total > maxBlobBytes)
    throw new GlideinError('TooLarge', `a file may have at most ${maxBlobBytes} bytes`);
  return first;
}

const isRest = ([first = 0, last = 0, total = 0]: readonly number[], length: number | undefined): boolean =>
  first <= last && last + 1 === total && (length === undefined || length === total - first);
