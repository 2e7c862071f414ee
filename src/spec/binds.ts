import * as z from 'zod';
import { withRules } from './rule.ts';

/** Apptainer separates the parts of a mount by colons and commas, so a path may have neither. */
const path = (sentence: string) =>
  z
    .string()
    .min(2)
    .max(1024)
    .regex(
      /^(\/[A-Za-z0-9_@%+=~-][A-Za-z0-9._@%+=~-]*)+$/,
      'write an absolute path such as /cvmfs, without "." or ".."',
    )
    .describe(sentence);

/** What a container needs for itself: nothing may be mounted over it. */
const ofContainers = ['/srv', '/tmp', '/var/tmp', '/proc', '/sys', '/dev', '/.singularity.d'];

/** Where a pilot keeps what payloads must not see: its order, its token, its own directories. */
const ofPilots = [
  '/proc',
  '/sys',
  '/dev',
  '/etc/glidein',
  '/run/secrets',
  '/var/run/secrets',
  '/var/lib/glidein',
];

/** Whether a path is one of these, or lies below or above one. */
const touches = (value: string, paths: readonly string[]): boolean =>
  paths.some((one) => value === one || value.startsWith(`${one}/`) || one.startsWith(`${value}/`));

const celTouches = (field: string, paths: readonly string[]): string =>
  `[${paths.map((one) => `'${one}'`).join(', ')}].exists(one, ${field} == one || ${field}.startsWith(one + '/') || one.startsWith(${field} + '/'))`;

/** Whether a path contains, or lies in, what payloads must not see, as CEL and as a function. */
export const touchesPilots = {
  cel: (field: string): string => `!(${celTouches(field, ofPilots)})`,
  of: (path: string): boolean => touches(path, ofPilots),
};

/** A directory or file of the pilot that payloads see. */
export const bind = withRules(
  z.strictObject({
    source: path("The path in the pilot's container, or on its machine."),
    target: path('The path that payloads see; if absent, the same.').optional(),
    readOnly: z
      .boolean()
      .default(true)
      .describe('False: payloads may write there, and read what other payloads have written.'),
    required: z
      .boolean()
      .default(false)
      .describe(
        'True: a pilot without the source accepts no jobs. False: its payloads run without the mount.',
      ),
  }),
  [
    {
      cel: touchesPilots.cel('self.source'),
      path: ['source'],
      message: 'the source contains, or lies in, what payloads must not see',
      cure: 'write a directory that contains nothing but data',
      holds: ({ source }) => !touchesPilots.of(source),
    },
    {
      cel: `!(has(self.target) ? ${celTouches('self.target', ofContainers)} : ${celTouches('self.source', ofContainers)})`,
      path: ['target'],
      message:
        'nothing may be mounted over, in or above /srv, /tmp and what else a container needs for itself',
      cure: 'write another target, such as /data',
      holds: ({ source, target = source }) => !touches(target, ofContainers),
    },
  ],
);

export type Bind = z.infer<typeof bind>;

export const binds = z
  .array(bind)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .default([])
  .describe('Directories and files of the pilot that payloads see, such as /cvmfs.');

export const network = z
  .enum(['Shared', 'None'])
  .default('Shared')
  .describe(
    'Shared: payloads use the network of their pilot. None: they have none, and only the pilot itself transfers files.',
  );
