import { exclusiveGpus, instancesOf } from '#spec/services/reserved.ts';
import type { Service } from '#spec/services/service.ts';

/** Where an instance runs: its number, and the numbers of the GPUs that it sees. */
export interface InstancePlace {
  readonly service: Service;
  readonly instance: number;
  readonly gpus: readonly number[];
}

const numbers = (first: number, count: number): number[] =>
  Array.from({ length: Math.max(0, count) }, (_, index) => first + index);

/**
 * The instances of all services. The first GPUs, in the order of the list, belong to services that want them for themselves;
 * payloads get the others, and share them with services that have an instance for each. What runs before payloads may see
 * all of them.
 * @param gpus of the whole pilot
 */
export function instancePlaces(services: readonly Service[], gpus: number): InstancePlace[] {
  const first = exclusiveGpus(services);
  let next = 0;
  return services.flatMap((service): InstancePlace[] => {
    const { instances, phase, resources } = service;
    if (instances === 'PerGpu')
      return numbers(0, instancesOf(service, services, gpus)).map((instance) => ({
        service,
        instance,
        gpus: [first + instance],
      }));
    if (phase === 'BeforePayloads')
      return [{ service, instance: 0, gpus: numbers(0, Math.min(gpus, resources.gpus)) }];
    const own = numbers(next, resources.gpus);
    next += resources.gpus;
    return [{ service, instance: 0, gpus: own }];
  });
}
