import { expect, it } from 'vitest';
import { pilotSpec } from '../pilot.ts';
import { slotAttributes } from '../slot-attributes.ts';
import { instancesOf, reserved } from './reserved.ts';

const pilot = (services: readonly object[], gpus = 0) =>
  pilotSpec.parse({ cpus: 8, memory: '8Gi', disk: '10Gi', gpus, services });

const sized = (name: string, more: object) => ({ name, image: 'i', ...more });

it('what services take adds up over their instances, and does not count what runs before payloads', () => {
  const { services, gpus } = pilot(
    [
      sized('bench', { phase: 'BeforePayloads', resources: { cpus: 8, memory: '8Gi' } }),
      sized('triton', { resources: { cpus: 1, memory: '1Gi', disk: '1Gi', gpus: 1 } }),
      sized('monitor', { instances: 'PerGpu', resources: { cpus: 2, memory: '512Mi' } }),
    ],
    3,
  );
  expect(services.map((each) => instancesOf(each, services, gpus))).toEqual([1, 1, 2]);
  expect(reserved(services, gpus)).toEqual({
    cpus: 5,
    memory: 2 * 2 ** 30,
    disk: 2 ** 30 + 256 * 2 ** 20,
    gpus: 1,
  });
});

it('a slot offers what services leave, and says which services it has', () => {
  const spec = pilot([sized('triton', { resources: { cpus: 2, memory: '1Gi', disk: '2Gi', gpus: 1 } })], 2);
  expect(slotAttributes(spec, 'X86_64')).toMatchObject({
    Cpus: 6,
    TotalSlotCpus: 6,
    Memory: 7 * 1024,
    TotalSlotMemory: 7 * 1024,
    Disk: 8 * 2 ** 20,
    TotalSlotDisk: 8 * 2 ** 20,
    GPUs: 1,
    TotalSlotGPUs: 1,
    HasService_triton: true,
  });
});
