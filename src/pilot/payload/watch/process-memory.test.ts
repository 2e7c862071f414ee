import { expect, it } from 'vitest';
import { proportionalParts, residentParts, total } from './process-memory.ts';

it('the memory of processes is their anonymous and shared memory, without pages of files', () => {
  const status =
    'Name:\tx\nVmRSS:\t   1976 kB\nRssAnon:\t     152 kB\nRssFile:\t    1824 kB\nRssShmem:\t       8 kB\n';
  expect(residentParts(status)).toEqual({ anonymous: 152 * 1024, shared: 8 * 1024 });
  const rollup =
    'Rss: 1760 kB\nPss:                 204 kB\nPss_Anon:            112 kB\nPss_File:   92 kB\nPss_Shmem:  4 kB\n';
  expect(proportionalParts(rollup)).toEqual({ anonymous: 112 * 1024, shared: 4 * 1024 });
});

it('a process for which the kernel has no exact sum does not count as having no memory', () => {
  expect(proportionalParts('Rss: 1760 kB\nPss: 204 kB\n')).toBeUndefined();
  expect(proportionalParts('')).toBeUndefined();
});

it('a file in memory counts once, whether it is mapped or not', () => {
  expect(total({ anonymous: 10, shared: 5 }, 7)).toBe(17);
  expect(total({ anonymous: 10, shared: 9 }, 7)).toBe(19);
});
