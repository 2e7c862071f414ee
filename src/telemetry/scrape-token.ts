import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The SHA-256 digest of a token, in hexadecimal digits: who has it can check the token, and cannot use it. */
export const digestOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether an `Authorization` header shows a token with one of these digests. */
export function showsToken(authorization: string | undefined, digests: readonly string[]): boolean {
  const token = /^Bearer ([^ ]{1,4096})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return false;
  const shown = Buffer.from(digestOfToken(token));
  return digests.some(
    (digest) => digest.length === shown.length && timingSafeEqual(Buffer.from(digest), shown),
  );
}

/** The digests in a file, one a line; none without a file, and none while it cannot be read. */
export async function digestsIn(file: string | undefined): Promise<readonly string[]> {
  if (file === undefined) return [];
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => /^[0-9a-f]{64}$/.test(line));
}
