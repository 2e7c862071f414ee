import { expect, it } from 'vitest';
import { requireOpenFiles } from './open-files.ts';

const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             31410                31410                processes
Max open files            ${soft.padEnd(21)}1048576              files
`;

it('a pilot that may open only 96 files fails its probe with the reason, instead of failing jobs', () => {
  expect(() => requireOpenFiles(limits('96'))).toThrow('allows a pilot only 96 open files');
});

it.each(['256', '1048576', 'unlimited'])('a limit of %s open files is enough for a pilot', (soft) => {
  expect(() => requireOpenFiles(limits(soft))).not.toThrow();
});

it('the limits of this process are read, and allow enough open files', () => {
  expect(() => requireOpenFiles()).not.toThrow();
});
