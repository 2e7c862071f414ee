import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enterFailure, placeEnter } from './enter.ts';
import { sourceDigest } from './enter-programs.ts';

it('the programs that enter containers are compiled from the sources in hack/payload-programs', () => {
  const folder = join(import.meta.dirname, '../../../hack/payload-programs');
  const digest = createHash('sha256');
  for (const source of ['system-calls.h', 'server.h', 'enter.c'])
    digest.update(readFileSync(join(folder, source)));
  expect(digest.digest('hex')).toBe(sourceDigest);
});

it('there is no program that enters containers for other machines, and that is said', async () => {
  await expect(placeEnter('/nowhere', 'riscv64')).rejects.toThrow('no program for riscv64');
});

it.each([
  [4, 1, 'mount proc /proc: EPERM'],
  [1, 22, 'its namespaces or files: EINVAL'],
  [2, 11, 'the limit of processes: EAGAIN'],
])('the step of word %s that failed with error %s is named', (word, error, reason) => {
  const words = ['5', '0', '100', 'mount', 'proc', '/proc', 'proc', '14', '-'];
  expect(enterFailure(words, { word, error })).toEqual({ reason, error });
});
