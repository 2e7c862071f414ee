import type { KubeObject } from '#kube/object.ts';
import { labelOf, managedBy, ownerOf, poolKey } from '../cluster/names.ts';

/** The port of every publisher. */
export const publisherPort = 9620;

/** The names of what the operator creates for a set of images. */
export function publisherNames(set: KubeObject) {
  const base = `${set.metadata.name}-images`;
  return {
    statefulSet: base,
    pod: `${base}-0`,
    /** What proves the operator to the publisher. */
    tokenSecret: `${base}-token`,
    specMap: `${base}-spec`,
  };
}

export const publisherLabels = (name: string) => ({
  [labelOf.managedBy]: managedBy,
  [labelOf.component]: 'publisher',
  [labelOf.imageSet]: name,
});

/** The metadata of an object that belongs to a set of images. */
export function ownedBySet(set: KubeObject, name: string) {
  const { namespace, name: setName } = poolKey(set);
  return {
    name,
    namespace,
    labels: publisherLabels(setName),
    ownerReferences: [ownerOf('ImageSet', set)],
  };
}
