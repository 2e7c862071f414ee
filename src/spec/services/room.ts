import { amount } from '../fields.ts';
import type { Rule } from '../rule.ts';
import { reserved } from './reserved.ts';
import type { Service } from './service.ts';

/** What a rule reads of a pilot. */
interface Sized {
  readonly cpus: number;
  readonly memory: number | string;
  readonly disk: number | string;
  readonly gpus: number;
  readonly services: readonly Pick<Service, 'phase' | 'instances' | 'resources'>[];
}

/** The GPUs that services have to themselves, in CEL over a pilot. */
const exclusive =
  "self.services.filter(each, each.phase != 'BeforePayloads').map(each, each.resources.gpus).sum()";

/** The cores of all instances of the services, in CEL over a pilot. */
const cores = `self.services.filter(each, each.phase != 'BeforePayloads').map(each, each.resources.cpus * (each.instances == 'PerGpu' ? self.gpus - ${exclusive} : 1)).sum()`;

/** Slots must have something left that services do not take. */
export const serviceRoom: ReadonlyArray<Rule<Sized>> = [
  {
    cel: `${cores} < self.cpus`,
    path: ['cpus'],
    message: 'the services take all cores of the pilot, or more',
    cure: 'write more cpus, or services that take fewer',
    holds: ({ services, cpus, gpus }) => reserved(services, gpus).cpus < cpus,
  },
  {
    cel: `${exclusive} <= self.gpus`,
    path: ['gpus'],
    message: 'the services take more GPUs than the pilot has',
    cure: 'write more gpus, or services that take fewer',
    holds: ({ services, gpus }) => reserved(services, gpus).gpus <= gpus,
  },
  {
    cel: `!self.services.exists(each, each.instances == 'PerGpu') || ${exclusive} < self.gpus`,
    path: ['gpus'],
    message: 'a service has an instance for each GPU of the slots, and they have none',
    cure: 'write gpus, or instances: PerPilot',
    holds: ({ services, gpus }) =>
      !services.some(({ instances }) => instances === 'PerGpu') || reserved(services, gpus).gpus < gpus,
  },
];

/** Of what the services leave nothing to the slots. The API server cannot add quantities, so only this program checks it. */
export function lackingFor({ services, memory, disk, gpus }: Sized): ('memory' | 'disk')[] {
  if (services.length === 0) return [];
  const taken = reserved(services, gpus);
  return (['memory', 'disk'] as const).filter((what) => taken[what] >= amount({ memory, disk }[what]));
}
