import { expect, it } from 'vitest';
import { digestOfSources } from '#testing/payload-sources.ts';
import { enterFailure, placeEnter } from './enter.ts';
import { sourceDigest } from './enter-programs.ts';

it('the programs that enter containers are compiled from the sources in hack/payload-programs', () => {
  expect(digestOfSources('enter.c')).toBe(sourceDigest);
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
