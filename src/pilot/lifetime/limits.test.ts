import { expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import { limitsOf } from './limits.ts';

it('a pilot lives as long as its group says, in milliseconds', () => {
  const lifetimes = { maxIdle: '1m', maxTail: '2s', retireAfter: '3h', endAfter: '4h' };
  expect(limitsOf(pilotSpec.parse({ cpus: 1, memory: '1Gi', lifetimes }).lifetimes)).toEqual({
    maxIdle: 60_000,
    maxTail: 2_000,
    retireAfter: 10_800_000,
    endAfter: 14_400_000,
  });
});
