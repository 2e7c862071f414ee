import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { pilotSpec } from './pilot.ts';
import { withoutDefaults } from './without-defaults.ts';

const written: z.input<typeof pilotSpec>[] = [
  { cpus: 4, memory: '8Gi' },
  { cpus: 4, memory: '8Gi', disk: '20Gi', gpus: 1, attributes: { Kind: 'big' }, start: 'Owner == "a"' },
  {
    cpus: 4,
    memory: '8Gi',
    lifetimes: { maxIdle: '1h' },
    runtime: { network: 'None', limits: { processes: 99 } },
  },
  {
    cpus: 4,
    memory: '8Gi',
    validation: [{ name: 'gpu', command: ['true'] }],
    services: [
      { name: 'web', image: 'hello', readiness: { log: { pattern: 'up' } }, restart: { max: 2 } },
      { name: 'bench', image: 'hello', phase: 'BeforePayloads', binds: [{ source: '/data' }] },
    ],
  },
];

describe('a specification without what its schema fills in', () => {
  it.each(written)('is what was written: %o', (spec) => {
    const parsed = pilotSpec.parse(spec);
    const least = withoutDefaults(pilotSpec, parsed);
    expect(least).toEqual(spec);
    expect(pilotSpec.parse(least)).toEqual(parsed);
  });

  it('has nothing of what was set to its default', () => {
    const parsed = pilotSpec.parse({ cpus: 1, memory: '1Gi', gpus: 0, lifetimes: {}, services: [] });
    expect(withoutDefaults(pilotSpec, parsed)).toEqual({ cpus: 1, memory: '1Gi' });
  });
});
