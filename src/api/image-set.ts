import * as z from 'zod';
import { byteQuantity, objectName, quantity } from '#spec/fields.ts';
import { imageSetFields } from '#spec/image-set.ts';
import { keyedList } from '#spec/list.ts';
import { imageSetResourceStatus } from './image-set-status.ts';
import { labels } from './pod-labels.ts';
import { toleration } from './pod-template.ts';
import { resource } from './resource.ts';

/** Where images are published. */
const directory = z
  .strictObject({
    claimName: objectName(
      'A PersistentVolumeClaim in the same namespace, which must exist. Pilots mount it too, so on several nodes it is ReadWriteMany.',
    ),
    path: z
      .string()
      .max(512)
      .regex(
        /^([A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*)?$/,
        'write a relative path such as images/atlas, without "." and ".."',
      )
      .default('')
      .describe(
        'A directory of the volume, which is made where it is missing; the volume itself if empty. No two sets may write into the same directory, or into one inside of another’s.',
      ),
  })
  .describe('Where images are published; it is left as it is when the ImageSet is deleted.');

/** The pod that fetches, expands and publishes. */
const publisher = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .max(1024)
      .describe('The container image of the publisher; the operator’s own if absent.')
      .optional(),
    resources: z
      .strictObject({
        cpu: quantity('Cores for the publisher.').default('1'),
        memory: byteQuantity('Memory for the publisher.').default('1Gi'),
        cpuLimit: quantity(
          'The most cores that the publisher may use, for namespaces whose quota counts limits.cpu; no limit if absent.',
        ).optional(),
      })
      .prefault({})
      .describe('What the publisher’s pod requests; its memory is also limited to that.'),
    isolation: z
      .enum(['UserNamespace', 'Shared'])
      .default('UserNamespace')
      .describe(
        'How smoke tests are isolated from the pod, as in a GlideinGroup. Without a smoke test, the pod satisfies the restricted Pod Security standard, and this has no effect.',
      ),
    nodeSelector: labels('Labels that the node of the publisher must have.').default({}),
    tolerations: z
      .array(toleration)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default([])
      .describe('Taints that the publisher tolerates.'),
  })
  .prefault({})
  .describe('The pod that fetches, expands and publishes.');

/** Images of registries that are published for pilots, as expanded directories. */
export const imageSetResourceSpec = z
  .strictObject({
    ...imageSetFields,
    directory,
    imagePullSecrets: keyedList(
      z.strictObject({
        name: objectName(
          'The name of a Secret of the type kubernetes.io/dockerconfigjson in the same namespace.',
        ),
      }),
      'name',
      16,
    )
      .default([])
      .describe('Credentials for registries. They are mounted into the publisher’s pod, and into no other.'),
    certificateAuthorities: z
      .strictObject({
        name: objectName('The name of a ConfigMap in the same namespace.'),
        key: z
          .string()
          .min(1)
          .max(253)
          .regex(/^[A-Za-z0-9._-]+$/, 'write the name of a key')
          .default('ca.crt')
          .describe('The key with the certificates, in PEM.'),
      })
      .describe('Authorities of registries whose certificates are not signed by a public one.')
      .optional(),
    publisher,
  })
  .describe('Images of registries that are published for pilots, as expanded directories.');

export type ImageSetResourceSpec = z.infer<typeof imageSetResourceSpec>;

/** The resource ImageSet. */
export const imageSet = resource('ImageSet', imageSetResourceSpec, imageSetResourceStatus);

export type ImageSet = z.infer<typeof imageSet>;
