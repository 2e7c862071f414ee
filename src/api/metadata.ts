import * as z from 'zod';
import { objectName } from '#spec/fields.ts';

const words = (sentence: string) => z.record(z.string(), z.string()).describe(sentence);

/**
 * The part of Kubernetes' ObjectMeta that this project reads. It is open, because the API server may add fields at any time;
 * manifests are checked against {@link manifestMetadataFields}. The generated definition only says `type: object`.
 */
export const metadata = z
  .looseObject({
    name: objectName('The name of the object.'),
    namespace: objectName('The namespace of the object.').optional(),
    labels: words('Labels of the object.').optional(),
    annotations: words('Annotations of the object.').optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).optional(),
  })
  .describe('Standard metadata of a Kubernetes object.');

export type Metadata = z.infer<typeof metadata>;

/** The fields of ObjectMeta that a manifest may have, including those of an object read back from a cluster. */
export const manifestMetadataFields = [
  ...Object.keys(metadata.shape),
  'generateName',
  'managedFields',
  'ownerReferences',
  'selfLink',
  'deletionGracePeriodSeconds',
];
