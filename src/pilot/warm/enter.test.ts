import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enterFailure, placeEnter } from './enter.ts';
import { sourceDigest } from './enter-programs.ts';

it('the programs that enter containers are compiled from the sources in hack/payload-programs', () => {
  const folder = join(import.meta.dirname, '../../../hack/payload-programs');
  const digest = createHash('sha256');
  for (const source of ['system-calls.h', 'enter.c']) digest.update(readFileSync(join(folder, source)));
  expect(digest.digest('hex')).toBe(sourceDigest);
});

it('there is no program that enters containers for other machines, and that is said', async () => {
  await expect(placeEnter('/nowhere', 'riscv64')).rejects.toThrow('no program for riscv64');
});

it.each([
  ['7 4 1\n', 'mount proc /proc: EPERM', 1],
  ['7 1 22\n', 'its namespaces: EINVAL', 22],
  ['8 4 1\n7 2 11\n', 'the limit of processes: EAGAIN', 11],
  ['8 4 1\n', 'the program that enters containers ended without a reason', 0],
])('the log %j names the step that failed for process 7', (log, reason, error) => {
  const args = ['5', '0', '100', 'mount', 'proc', '/proc', 'proc', '14', '-'];
  expect(enterFailure(log, 7, args)).toEqual({ reason, error });
});
