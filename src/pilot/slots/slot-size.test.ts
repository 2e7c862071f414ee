import { expect, it } from 'vitest';
import { slotSize } from './slot-size.ts';

const machine = { host: 'h', kernel: 'k', cpus: 2, memory: 1_000, disk: 500, gpus: 1 };

it('a slot has what was declared if the machine has it', () => {
  const declared = { cpus: 2, memory: 1_000, disk: 400, gpus: 1 };
  expect(slotSize(declared, machine)).toEqual({ size: declared, shortages: [] });
});

it('a slot has no more memory, disk and GPUs than the machine, but all declared cores, and each shortage is named', () => {
  expect(slotSize({ cpus: 4, memory: 2_000, disk: 600, gpus: 2 }, machine)).toEqual({
    size: { cpus: 4, memory: 1_000, disk: 500, gpus: 1 },
    shortages: [
      { what: 'cpus', declared: 4, found: 2 },
      { what: 'memory', declared: 2_000, found: 1_000 },
      { what: 'disk', declared: 600, found: 500 },
      { what: 'gpus', declared: 2, found: 1 },
    ],
  });
});
