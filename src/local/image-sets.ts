import type { ImageSet } from '#api/image-set.ts';
import type { PlacedResource } from '#api/placed-resource.ts';
import { GlideinError } from '#base/error.ts';

/** A set of images that this machine publishes for its pilots. */
export interface LocalImageSet {
  readonly name: string;
  readonly spec: ImageSet['spec'];
}

export interface LocalImageSets {
  readonly imageSets: readonly LocalImageSet[];
  readonly problems: readonly GlideinError[];
  /** Where this machine deviates from the manifests. */
  readonly notes: readonly string[];
}

/** The kind of machine, as registries name it. */
const platformHere = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;

/**
 * The sets of images among resources, as this machine publishes them: all into its one directory of images, for its own
 * kind of processor, and with the credentials of its user.
 */
export function imageSetsIn(resources: readonly PlacedResource[]): LocalImageSets {
  const imageSets: LocalImageSet[] = [];
  const problems: GlideinError[] = [];
  const notes: string[] = [];
  for (const placed of resources) {
    const { resource } = placed;
    if (resource.kind !== 'ImageSet') continue;
    const { name } = resource.metadata;
    if (imageSets.some((other) => other.name === name)) {
      problems.push(sameName(name, placed));
      continue;
    }
    const { spec } = resource;
    if (spec.platforms.length !== 1 || spec.platforms[0] !== platformHere)
      notes.push(
        `images of "${name}" are published for ${platformHere}, which this machine is, instead of ${spec.platforms.join(' and ')}`,
      );
    if (spec.imagePullSecrets.length > 0)
      notes.push(
        `images of "${name}" are fetched with the credentials of docker login or podman login, because there are no Secrets here`,
      );
    imageSets.push({ name, spec: { ...spec, platforms: [platformHere] } });
  }
  return { imageSets, problems, notes };
}

const sameName = (name: string, placed: PlacedResource): GlideinError =>
  new GlideinError(
    'Unsupported',
    `metadata.name: there is an ImageSet "${name}" in another namespace, and this machine has no namespaces`,
    { place: placed.placeOf(['metadata', 'name']), cure: 'give one of them another name' },
  );
