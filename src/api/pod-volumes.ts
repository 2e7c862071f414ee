import * as z from 'zod';
import { byteQuantity, objectName } from '#spec/fields.ts';
import { withRules } from '#spec/rule.ts';

const kinds = ['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim', 'csi', 'image', 'cvmfs'] as const;

/**
 * A volume of a kind that offers no way out of the pod: a group's author could also mount it in a pod under the restricted
 * Pod Security standard. `cvmfs` is the only path of a node that may be mounted.
 */
export const volume = withRules(
  z.strictObject({
    name: objectName('The name by which volumeMounts refer to it.'),
    emptyDir: z
      .strictObject({
        sizeLimit: byteQuantity('The largest size.').optional(),
        medium: z
          .enum(['', 'Memory'])
          .default('')
          .describe('Memory for a tmpfs; its files then count as memory.'),
      })
      .describe('An empty directory for the life of the pod.')
      .optional(),
    configMap: z
      .strictObject({ name: objectName('The name of the ConfigMap.') })
      .describe('The files of a ConfigMap.')
      .optional(),
    secret: z
      .strictObject({ secretName: objectName('The name of the Secret.') })
      .describe('The files of a Secret; payloads must not be able to read it.')
      .optional(),
    persistentVolumeClaim: z
      .strictObject({
        claimName: objectName('The name of the claim.'),
        readOnly: z.boolean().default(false).describe('Whether the volume is mounted read-only.'),
      })
      .describe('A persistent volume.')
      .optional(),
    csi: z
      .strictObject({
        driver: z.string().min(1).max(253).describe('The name of the driver.'),
        readOnly: z.boolean().default(true).describe('Whether the volume is mounted read-only.'),
        volumeAttributes: z
          .record(z.string().min(1).max(253), z.string().max(1024))
          .meta({ maxProperties: 32 })
          .default({})
          .describe('Parameters for the driver.'),
      })
      .describe('A volume that a CSI driver creates for the pod.')
      .optional(),
    image: z
      .strictObject({ reference: z.string().min(1).max(1024).describe('The image.') })
      .describe('The files of an OCI image, read-only.')
      .optional(),
    cvmfs: z
      .strictObject({
        path: z
          .string()
          .max(1024)
          .regex(/^\/cvmfs(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/, 'write /cvmfs or a path below it')
          .default('/cvmfs')
          .describe('The path on the node.'),
      })
      .describe('The CernVM file system that the node mounts, read-only.')
      .optional(),
  }),
  [
    {
      cel: `[${kinds.map((kind) => `has(self.${kind})`).join(', ')}].filter(given, given).size() == 1`,
      message: 'the volume has no kind, or several',
      cure: `write exactly one of ${kinds.join(', ')}`,
      holds: (value) => kinds.filter((kind) => value[kind] !== undefined).length === 1,
    },
  ],
);

export type Volume = z.infer<typeof volume>;

/** Where the pilot's container sees a volume. */
export const volumeMount = z.strictObject({
  name: objectName('The name of the volume.'),
  mountPath: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^\//, 'write an absolute path')
    .describe('Where the volume is mounted.'),
  subPath: z.string().min(1).max(1024).describe('The directory of the volume that is mounted.').optional(),
  readOnly: z.boolean().default(false).describe('Whether it is read-only.'),
  mountPropagation: z
    .enum(['None', 'HostToContainer'])
    .default('None')
    .describe('HostToContainer for file systems that are mounted on demand, such as CVMFS.'),
});

export type VolumeMount = z.infer<typeof volumeMount>;
