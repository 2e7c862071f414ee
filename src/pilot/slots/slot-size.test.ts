import { expect, it } from 'vitest';
import { slotSize } from './slot-size.ts';

const machine = { host: 'h', kernel: 'k', cpus: 2, memory: 1_000, disk: 500 };

it('offers what was declared when it is there', () => {
  const declared = { cpus: 2, memory: 1_000, disk: 400 };
  expect(slotSize(declared, machine)).toEqual({ size: declared, shortages: [] });
});

it('cuts memory and disk to what is there, not cores, and names each shortage', () => {
  expect(slotSize({ cpus: 4, memory: 2_000, disk: 600 }, machine)).toEqual({
    size: { cpus: 4, memory: 1_000, disk: 500 },
    shortages: [
      { what: 'cpus', declared: 4, found: 2 },
      { what: 'memory', declared: 2_000, found: 1_000 },
      { what: 'disk', declared: 600, found: 500 },
    ],
  });
});
