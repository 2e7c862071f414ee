import { readFileSync } from 'node:fs';
import type { Clock } from '#base/clock.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { PayloadContext } from './payload/payload-context.ts';
import { pilotsOwn } from './runtime/mounts.ts';
import { readNodeModel } from './services/node-model.ts';
import { ResultCache } from './services/result-cache.ts';
import { allowedCores, ServiceCores } from './services/service-cores.ts';
import { Services, type ServicesOptions } from './services/services.ts';

interface Options {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The services that an order asks for. They share with payloads what contains and watches those. */
export function servicesOf(
  order: PilotOrder,
  { clock, random, logger }: Options,
  {
    apptainer,
    guardian,
    images,
    resources,
  }: Pick<PayloadContext, 'apptainer' | 'guardian' | 'images' | 'resources'>,
  events: Pick<ServicesOptions, 'advertise' | 'lost'>,
): Services {
  const { directory, cacheDirectory, spec } = order;
  return new Services({
    services: spec.services,
    gpus: spec.gpus,
    cache: new ResultCache(cacheDirectory, readNodeModel, clock),
    context: {
      apptainer,
      guardian,
      resources,
      images,
      directory,
      own: pilotsOwn(order),
      ports: new Set(),
      cores: new ServiceCores({
        allowed: allowedCores(readFileSync('/proc/self/status', 'latin1')),
        random,
      }),
      clock,
      random,
      logger,
    },
    ...events,
  });
}
