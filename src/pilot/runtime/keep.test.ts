import { expect, it } from 'vitest';
import { digestOfSources } from '#testing/payload-sources.ts';
import { canKeep } from './keep.ts';
import { sourceDigest } from './keep-programs.ts';

it('the programs that keep payloads without containers are made of the sources that lie here', () => {
  expect(digestOfSources('keep.c')).toBe(sourceDigest);
  expect([canKeep('x64'), canKeep('arm64'), canKeep('s390x')]).toEqual([true, true, false]);
});
