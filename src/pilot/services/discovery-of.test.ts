import { expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import { discoveryOf } from './discovery-of.ts';

const [service] = pilotSpec.parse({
  cpus: 4,
  memory: '4Gi',
  gpus: 2,
  services: [
    {
      name: 'triton',
      image: 'i',
      instances: 'PerGpu',
      ports: [{ name: 'grpc' }],
      discovery: { env: { TRITON_GRPC_URL: '127.0.0.1:{{port.grpc}}', INSTANCE: '{{instance}}' } },
    },
  ],
}).services;

const instance = (number: number, isKnown = true) => ({
  service: service!,
  instance: number,
  endpoints: isKnown ? new Map([['grpc', 20_000 + number]]) : undefined,
  templates: new Map([
    ['instance', String(number)],
    ['port.grpc', String(20_000 + number)],
  ]),
  gpus: [number],
});

it('a payload gets the variables and the file of the instance of its GPU', () => {
  const { environment, file } = discoveryOf([instance(0), instance(1)], { gpus: [1], slotNumber: 1 });
  expect(Object.fromEntries(environment)).toEqual({ TRITON_GRPC_URL: '127.0.0.1:20001', INSTANCE: '1' });
  expect(JSON.parse(file ?? '')).toEqual({
    services: { triton: { instance: 1, host: '127.0.0.1', ports: { grpc: 20_001 } } },
  });
});

it('payloads without a GPU are dealt out among the instances', () => {
  const given = [1, 2, 3].map((slotNumber) =>
    discoveryOf([instance(0), instance(1)], { gpus: [], slotNumber }).environment.get('INSTANCE'),
  );
  expect(given).toEqual(['0', '1', '0']);
});

it('a service that has never been ready is not found, and without any there is no file', () => {
  expect(discoveryOf([instance(0, false)], { gpus: [], slotNumber: 1 })).toEqual({
    environment: new Map(),
    file: undefined,
  });
});
