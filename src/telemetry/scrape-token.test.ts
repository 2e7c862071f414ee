import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOfToken, digestsIn, showsToken } from './scrape-token.ts';

test('a token is known by its digest, and nothing else is', () => {
  const digests = [digestOfToken('other'), digestOfToken('secret')];
  expect(showsToken('Bearer secret', digests)).toBe(true);
  expect(showsToken('bearer secret', digests)).toBe(true);
  for (const wrong of [undefined, '', 'Bearer ', 'Bearer wrong', 'Basic secret', `Bearer ${digests[1]}`])
    expect(showsToken(wrong, digests)).toBe(false);
  expect(showsToken('Bearer secret', [])).toBe(false);
  expect(showsToken('Bearer ', [digestOfToken('')])).toBe(false);
});

test('digests are the lines of a file that are digests; without a file there are none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'glidein-digests-'));
  const file = join(folder, 'tokens');
  await writeFile(file, `# who scrapes\n${digestOfToken('a')}\n\nsecret\n${digestOfToken('b')}\n`);
  expect(await digestsIn(file)).toEqual([digestOfToken('a'), digestOfToken('b')]);
  expect(await digestsIn(join(folder, 'none'))).toEqual([]);
  expect(await digestsIn(undefined)).toEqual([]);
  await rm(folder, { recursive: true });
});
