import { expect, it } from 'vitest';
import { beyondSlot } from './beyond-slot.ts';

const slot = { Cpus: '4', Memory: '1024', Disk: '2000', GPUs: '1' };

it('a claim may take all that a slot has', () => {
  expect(beyondSlot({ cpus: 4, memory: 1024, disk: 2000, gpus: 1 }, slot)).toBeUndefined();
});

it('a claim that takes more of something than its slot has is named with both numbers', () => {
  expect(beyondSlot({ cpus: 1, memory: 1, disk: 1, gpus: 1e308 }, slot)).toBe(
    'the claim takes 1e+308 of GPUs, and the pilot has 1',
  );
  expect(beyondSlot({ cpus: 5, memory: 1, disk: 1, gpus: 0 }, slot)).toContain('Cpus');
});
