import { filledIn } from '#spec/services/templates.ts';
import { type Discovery, noServices, type PayloadPlace } from '../payload/claim/discovery.ts';
import type { ServiceInstance } from './service-instance.ts';

type Found = Pick<ServiceInstance, 'service' | 'instance' | 'endpoints' | 'templates'> & {
  readonly gpus: readonly number[];
};

/**
 * How a payload finds the services that have been ready. Of several instances it gets that of its first GPU; without a GPU, they
 * are dealt out by the number of the slot.
 */
export function discoveryOf(instances: readonly Found[], place: PayloadPlace): Discovery {
  const known = instances.filter(({ endpoints }) => endpoints !== undefined);
  if (known.length === 0) return noServices;
  const byName = Map.groupBy(known, ({ service }) => service.name);
  const environment = new Map<string, string>();
  const file: Record<string, object> = {};
  for (const [name, several] of byName) {
    const one = chosen(several, place);
    if (one === undefined) continue;
    for (const [variable, text] of Object.entries(one.service.discovery.env))
      environment.set(variable, filledIn(text, one.templates));
    file[name] = {
      instance: one.instance,
      host: '127.0.0.1',
      ports: Object.fromEntries(one.endpoints ?? []),
    };
  }
  return { environment, file: `${JSON.stringify({ services: file }, null, 2)}\n` };
}

const chosen = (several: readonly Found[], { gpus: [gpu], slotNumber }: PayloadPlace): Found | undefined =>
  several.find((each) => gpu !== undefined && each.gpus.includes(gpu)) ??
  several[(slotNumber - 1) % several.length];
