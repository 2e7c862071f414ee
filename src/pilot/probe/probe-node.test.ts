import { expect, it } from 'vitest';
import { requireOpenFiles } from './probe-node.ts';

const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             31410                31410                processes
Max open files            ${soft.padEnd(21)}1048576              files
`;

it('a pilot that may open 96 files leaves with the reason instead of failing jobs', () => {
  expect(() => requireOpenFiles(limits('96'))).toThrow('allows a pilot 96 open files');
});

it.each(['256', '1048576', 'unlimited'])('a limit of %s open files is enough', (soft) => {
  expect(() => requireOpenFiles(limits(soft))).not.toThrow();
});

it('this process may open enough files', () => {
  expect(() => requireOpenFiles()).not.toThrow();
});
