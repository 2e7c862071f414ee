import * as z from 'zod';
import { byteQuantity, duration } from './fields.ts';
import { keyedList, wordSet } from './list.ts';
import { withRules } from './rule.ts';

/** HOST[:PORT][/ORG[/NAME]]: what an image's full name may begin with. `docker.io` is Docker Hub. */
const registryPattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(\/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*$/;

/** An image that the kubelet mounts. */
const imageVolume = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(40)
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'write lower-case letters, digits and - between them')
    .describe('What jobs write: container_image = NAME.'),
  reference: z
    .string()
    .min(1)
    .max(512)
    .describe('The image, preferably with its digest; jobs may also name it as docker://REFERENCE.'),
  subPath: z
    .string()
    .min(1)
    .max(1024)
    .regex(
      /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
      'write a relative path of names that do not begin with a dot',
    )
    .optional()
    .describe(
      'The directory of the image that is the root of the jobs’ file system; all of the image if absent.',
    ),
});

export type ImageVolume = z.infer<typeof imageVolume>;

/** Where the pilot’s container sees it. */
export const imageVolumePath = ({ name }: Pick<ImageVolume, 'name'>): string =>
  `/opt/glidein/volumes/${name}`;

/** Which images jobs may use. */
export const images = withRules(
  z.strictObject({
    path: z
      .array(z.string().min(1).max(1024).regex(/^\//, 'write an absolute path'))
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default(['/opt/glidein/images'])
      .describe(
        'Directories of expanded images: a job that names the image "hello" gets the first DIRECTORY/hello that exists.',
      ),
    allowed: wordSet(z.string().min(1).max(1024), 64)
      .default([])
      .describe('Further prefixes of absolute paths that a job may name as its image.'),
    default: z.string().max(1024).optional().describe('The image of jobs that name none.'),
    prepare: wordSet(z.string().min(1).max(1024), 16)
      .optional()
      .describe(
        'Images that each pilot fetches when it starts, and keeps a warm container of if the group keeps some, before a job names them.',
      ),
    prepareWaiting: z
      .int()
      .min(0)
      .max(8)
      .default(2)
      .describe(
        'How many images of waiting jobs a pilot that starts for these prepares after those of `prepare`: the ones that most users wait for. Only in groups that fetch images from registries or keep containers warm, and that follow a PressurePolicy.',
      ),
    volumes: keyedList(imageVolume, 'name', 16)
      .optional()
      .describe(
        'Images that the kubelet fetches and mounts into each pilot’s pod, so that nobody has to publish them. They come before all others. Only their files are there: not the environment or the program that they set.',
      ),
    files: z
      .enum(['None', 'Published', 'FromJobs'])
      .default('None')
      .describe(
        'Image files (SIF), which need FUSE. Published: run those that lie where images lie. FromJobs: also those that jobs bring along.',
      ),
    remote: z
      .strictObject({
        registries: wordSet(
          z.string().min(1).max(512).regex(registryPattern, 'write HOST, or HOST/ORG in lower case'),
          64,
        )
          .default([])
          .describe(
            'Registries, or parts of them such as ghcr.io/ORG, that pilots fetch images from which are not published: docker://IMAGE.',
          ),
        urls: wordSet(
          z
            .string()
            .min(1)
            .max(1024)
            .regex(/^https?:\/\/[^\s/@]+\/([^\s]*\/)?$/, 'write https://HOST/ or https://HOST/PATH/'),
          64,
        )
          .default([])
          .describe('What the URLs of image files begin with that pilots fetch, and keep for further jobs.'),
        digestsOnly: z
          .boolean()
          .default(false)
          .describe(
            'Whether only images of registries are fetched, and only by their digest, so that everybody knows what runs.',
          ),
        logins: z
          .string()
          .min(2)
          .max(1024)
          .regex(/^\//, 'write an absolute path')
          .optional()
          .describe(
            'A directory with logins for these registries: files as `docker login` writes them, such as mounted pull secrets.',
          ),
        cacheSize: byteQuantity(
          'The most that fetched images take on the disk; one image may have as much. A pod requests half as much again while it fetches.',
        ).default('20Gi'),
        timeLimit: duration('The longest time that fetching an image may take.').default('30m'),
      })
      .prefault({})
      .describe('Images that pilots fetch themselves.'),
  }),
  [
    {
      cel: "self.remote.urls.size() == 0 || self.files != 'None'",
      path: ['files'],
      message: 'the group fetches image files and runs none',
      cure: 'write files: Published, or leave remote.urls out',
      holds: ({ remote, files }) => remote.urls.length === 0 || files !== 'None',
    },
  ],
)
  .prefault({})
  .describe('Which images jobs may use.');
