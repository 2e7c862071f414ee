import { expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import { instancePlaces } from './instance-places.ts';

it('services have the first GPUs for themselves, share the others, and see all of them before payloads', () => {
  const { services, gpus } = pilotSpec.parse({
    cpus: 8,
    memory: '8Gi',
    gpus: 4,
    services: [
      { name: 'bench', image: 'i', phase: 'BeforePayloads', resources: { gpus: 9 } },
      { name: 'triton', image: 'i', resources: { gpus: 1 } },
      { name: 'monitor', image: 'i', instances: 'PerGpu' },
      { name: 'other', image: 'i', resources: { gpus: 1 } },
      { name: 'none', image: 'i' },
    ],
  });
  expect(
    instancePlaces(services, gpus).map(({ service, instance, gpus: seen }) => [service.name, instance, seen]),
  ).toEqual([
    ['bench', 0, [0, 1, 2, 3]],
    ['triton', 0, [0]],
    ['monitor', 0, [2]],
    ['monitor', 1, [3]],
    ['other', 0, [1]],
    ['none', 0, []],
  ]);
});
