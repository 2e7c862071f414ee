import * as z from 'zod';
import { byteQuantity, duration, milliseconds } from './fields.ts';
import { wordSet } from './list.ts';
import { withRules } from './rule.ts';

/** One word of a repository's name. */
const word = '[a-z0-9]+([._-]+[a-z0-9]+)*';

/** [docker://][HOST[:PORT]/][ORG/]NAME[:TAG][@sha256:…], where the tag may be a pattern. */
const referencePattern = new RegExp(
  `^(docker:\\/\\/)?([A-Za-z0-9.-]+(:[0-9]{1,5})?\\/)?${word}(\\/${word})*(:[A-Za-z0-9_.*?[\\]!-]{1,128})?(@sha256:[0-9a-f]{64})?$`,
);

/** A pattern of tags as shells have them: `*`, `?`, `[abc]`, `[a-z]` and `[!abc]`. */
const tagPattern = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_.*?[\]!-]+$/, 'write a tag, or a pattern of tags such as 2026-*');

const entry = z.strictObject({
  reference: z
    .string()
    .min(1)
    .max(512)
    .regex(referencePattern, 'write [HOST/][ORG/]NAME[:TAG], such as ghcr.io/org/analysis:2026-*')
    .describe(
      'An image such as docker.io/library/debian:12; in its tag, *, ? and [abc] stand for all tags that fit. latest if there is no tag.',
    ),
  exclude: wordSet(tagPattern, 64)
    .default([])
    .describe('Tags, or patterns of them, that are left out although they fit.'),
});

const images = z
  .array(entry)
  .max(1000)
  .superRefine((entries, context) => {
    const seen = new Set<string>();
    for (const [index, { reference }] of entries.entries()) {
      if (seen.has(reference))
        context.addIssue({
          code: 'custom',
          message: `the image "${reference}" is listed twice`,
          path: [index, 'reference'],
          params: { cure: 'remove one of them' },
        });
      seen.add(reference);
    }
  })
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['reference'] })
  .default([])
  .describe('The images.');

const schedule = withRules(
  z.strictObject({
    every: duration('How often each tag is compared with its registry.').default('15m'),
    retryMost: duration(
      'After failures, an image is tried again ever more rarely, but at least after this time.',
    ).default('6h'),
  }),
  [
    {
      cel: "self.every >= duration('1s')",
      path: ['every'],
      message: 'every tag would be asked for more often than once in a second',
      cure: 'write at least 1s; registries take offence below some minutes',
      holds: ({ every }) => milliseconds(every) >= 1000,
    },
  ],
)
  .prefault({})
  .describe('When images are looked for.');

const retention = z
  .strictObject({
    unlistedFor: duration(
      'A name goes when its tag has not been listed for this long: neither here nor, for a pattern, by its registry.',
    ).default('1d'),
    grace: duration(
      'An image stays for as long as it has a name, or a payload is known to run in it, and for this long after. Write more than the longest payload takes.',
    ).default('2d'),
    most: z
      .int()
      .min(0)
      .max(10_000)
      .default(50)
      .describe(
        'The most names, and the most images, that go at a time, once in `every`: a mistake is to be noticed before everything is gone.',
      ),
    dryRun: z.boolean().default(false).describe('Only say in the status what would go.'),
  })
  .prefault({})
  .describe('What is kept of images that are not wanted any more.');

const smokeTest = z
  .strictObject({
    command: z
      .array(z.string().min(1).max(8192))
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default(['/bin/sh', '-c', 'exit 0'])
      .describe('What is run in the expanded image; it passes with exit code 0.'),
    timeLimit: duration('It fails if it takes longer.').default('2m'),
  })
  .optional()
  .describe('A trial in Apptainer, which an image passes before its name leads to it. None if absent.');

const limits = z
  .strictObject({
    imageSize: byteQuantity('The most bytes of files in one image.').default('64Gi'),
    entries: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(2_000_000)
      .describe('The most files, directories and links in one image.'),
    tags: z
      .int()
      .min(1)
      .max(10_000)
      .default(2000)
      .describe('The most tags that all patterns of the set together may stand for.'),
    timeLimit: duration('The longest time that one image may take from its registry to its name.').default(
      '2h',
    ),
    parallel: z.int().min(1).max(16).default(2).describe('How many images are published at a time.'),
    layerCache: byteQuantity('The most bytes of layers that are kept for images which share them.').default(
      '4Gi',
    ),
  })
  .prefault({})
  .describe('Bounds on what images and registries can cost.');

const mirrors = z
  .array(
    z.strictObject({
      registry: z
        .string()
        .min(1)
        .max(255)
        .regex(/^[A-Za-z0-9.-]+(:[0-9]{1,5})?$/, 'write HOST or HOST:PORT')
        .describe('The host in the names of images, such as docker.io.'),
      endpoints: wordSet(
        z
          .string()
          .min(1)
          .max(255)
          .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?$/, 'write https://HOST or https://HOST:PORT'),
        8,
      )
        .min(1)
        .describe('Who is asked in its place, in this order; the registry itself comes last.'),
    }),
  )
  .max(64)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['registry'] })
  .default([])
  .describe('Copies of registries that are nearer.');

/** The fields of an image set that its publisher reads; the resource has further ones, for the publisher's pod. */
export const imageSetFields = {
  images,
  list: z
    .string()
    .max(262_144)
    .optional()
    .describe(
      'Further images: one reference a line, with patterns in tags, and comments that begin with #, as in the OSG’s list of images.',
    ),
  platforms: wordSet(
    z
      .string()
      .max(32)
      .regex(/^linux\/(amd64|arm64)$/, 'write linux/amd64 or linux/arm64'),
    2,
  )
    .min(1)
    .default(['linux/amd64'])
    .describe(
      'For which machines. The first has its images in the directory itself, each other in a directory below it, such as linux-arm64.',
    ),
  schedule,
  retention,
  smokeTest,
  limits,
  mirrors,
  paused: z
    .boolean()
    .default(false)
    .describe('While true, nothing is fetched, published or removed; what is published stays.'),
} as const;

/** What a publisher reads from its specification file; it reads the file again whenever it changes. */
export const imageSetSpec = z.strictObject(imageSetFields);

export type ImageSetSpec = z.infer<typeof imageSetSpec>;
