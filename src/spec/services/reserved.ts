import { amount, milliseconds } from '../fields.ts';
import type { Service } from './service.ts';

/** What services take of a pilot: cores, bytes and GPUs. */
export interface Reserved {
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
  readonly gpus: number;
}

type Sized = Pick<Service, 'phase' | 'instances' | 'resources'>;

/** How many GPUs services have to themselves: those with the lowest numbers. Slots offer the others. */
export const exclusiveGpus = (services: readonly Sized[]): number =>
  staying(services).reduce((sum, { resources }) => sum + resources.gpus, 0);

/** Those that run beside payloads: what runs before them takes nothing away from jobs. */
const staying = (services: readonly Sized[]): readonly Sized[] =>
  services.filter(({ phase }) => phase !== 'BeforePayloads');

/** How many instances of a service there are. @param gpus of the whole pilot */
export const instancesOf = ({ instances }: Sized, services: readonly Sized[], gpus: number): number =>
  instances === 'PerGpu' ? Math.max(0, gpus - exclusiveGpus(services)) : 1;

/** What the services of a pilot take, all of them together. @param gpus of the whole pilot */
export function reserved(services: readonly Sized[], gpus: number): Reserved {
  const sum = (one: (resources: Service['resources']) => number) =>
    staying(services).reduce(
      (all, service) => all + one(service.resources) * instancesOf(service, services, gpus),
      0,
    );
  return {
    cpus: sum(({ cpus }) => cpus),
    memory: sum(({ memory }) => amount(memory)),
    disk: sum(({ disk }) => amount(disk)),
    gpus: exclusiveGpus(services),
  };
}

/** Milliseconds that services get to end once the payloads are dead. */
export const longestStop = (services: readonly Pick<Service, 'stop'>[]): number =>
  Math.max(0, ...services.map(({ stop }) => milliseconds(stop.grace)));
