import * as z from 'zod';
import { amount, attributeName, byteQuantity, expression } from './fields.ts';
import { lifetimes } from './lifetimes.ts';
import { type Rule, withRules } from './rule.ts';
import { runtime } from './runtime.ts';
import { fixedAmong } from './services/fixed-attributes.ts';
import { lackingFor, serviceRoom } from './services/room.ts';
import { services } from './services/services.ts';
import { transfer } from './transfer.ts';
import { validation } from './validation.ts';

const object = z.strictObject({
  cpus: z.int().min(1).max(4096).describe('Cores that the pilot offers.'),
  memory: byteQuantity('Memory that the pilot offers.'),
  disk: byteQuantity(
    'Disk that the pilot offers for job directories. Its pod requests a fifth more, at least 256Mi, for the cache of input files.',
  ).default('10Gi'),
  gpus: z.int().min(0).max(64).default(0).describe('GPUs that the pilot offers.'),
  attributes: z
    .record(attributeName, z.union([z.string().max(1024), z.number(), z.boolean()]))
    .meta({ maxProperties: 64, 'x-kubernetes-preserve-unknown-fields': true })
    .default({})
    .describe('Further ClassAd attributes of the slot, such as a site or a processor generation.'),
  start: expression(
    'Which jobs the pilot accepts: a ClassAd expression over the job (TARGET) and the slot (MY).',
  ).default('true'),
  lifetimes,
  runtime,
  transfer,
  validation,
  services,
});

/** Services, and scripts with an image, run in containers. */
const noContainers: Rule<z.output<typeof object>> = {
  cel: "self.runtime.mode != 'Direct' || (self.services.size() == 0 && self.validation.all(one, !has(one.image)))",
  path: ['runtime', 'mode'],
  message: 'services, and scripts with an image, need containers',
  cure: 'write mode: Apptainer, or leave them out',
  holds: ({ runtime: { mode }, services: all, validation: checks }) =>
    mode !== 'Direct' || (all.length === 0 && checks.every(({ image }) => image === undefined)),
};

/** What one pilot is: its size, what it offers, when it accepts work, when it leaves. */
export const pilotSpec = withRules(object, [...serviceRoom, noContainers]).superRefine((value, context) => {
  for (const name of fixedAmong(value))
    context.addIssue({
      code: 'custom',
      message: `slots have an attribute ${name} already`,
      path: ['services'],
      params: { cure: 'write another name for the result' },
    });
  for (const what of lackingFor(value))
    context.addIssue({
      code: 'custom',
      message: `the services take all ${what} of the pilot, or more`,
      path: [what],
      params: { cure: `write more ${what}, or services that take less` },
    });
});

export type PilotSpec = z.infer<typeof object>;

/** The size of the cache of input files, relative to the disk that the pilot offers to jobs; it comes on top of that disk. */
const cacheShare = 1 / 5;

/** Bytes; a smaller cache would be of no use. */
const leastCache = 256 * 2 ** 20;

/** The most bytes that the cache of input files keeps. @param disk bytes that the pilot offers to jobs */
export const cacheBytes = (disk: number): number => Math.ceil(Math.max(leastCache, disk * cacheShare));

/**
 * Bytes of disk that images take which a pilot fetches: those of registries that it keeps, the layers of one that it is expanding, and as
 * much for image files.
 */
export function imageBytes({ runtime }: Pick<PilotSpec, 'runtime'>): number {
  const { registries, urls, cacheSize } = runtime.images.remote;
  const shares = (registries.length === 0 ? 0 : 1.5) + (urls.length === 0 ? 0 : 1);
  return Math.ceil(amount(cacheSize) * shares);
}
