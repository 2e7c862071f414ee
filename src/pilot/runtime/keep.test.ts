import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canKeep } from './keep.ts';
import { sourceDigest } from './keep-programs.ts';

it('the programs that keep payloads without containers are made of the sources that lie here', () => {
  const folder = join(import.meta.dirname, '../../../hack/payload-programs');
  const digest = createHash('sha256');
  for (const source of ['system-calls.h', 'server.h', 'keep.c'])
    digest.update(readFileSync(join(folder, source)));
  expect(digest.digest('hex')).toBe(sourceDigest);
  expect([canKeep('x64'), canKeep('arm64'), canKeep('s390x')]).toEqual([true, true, false]);
});
