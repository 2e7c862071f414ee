import { GlideinError } from '#base/error.ts';
import { oneOf } from './finding.ts';
import type { GlideinGroup } from './glidein-group.ts';
import type { PlacedResource } from './placed-resource.ts';

interface Reference {
  readonly field: 'poolRef' | 'pressurePolicyRef';
  readonly kind: 'GlideinPool' | 'PressurePolicy';
}

const references: readonly Reference[] = [
  { field: 'poolRef', kind: 'GlideinPool' },
  { field: 'pressurePolicyRef', kind: 'PressurePolicy' },
];

/**
 * The references of groups to resources that are not among `resources`, each with its place. A manifest that was refused is
 * missing here, too.
 */
export function checkReferences(resources: readonly PlacedResource[]): GlideinError[] {
  return resources.flatMap((placed) => {
    const { resource } = placed;
    if (resource.kind !== 'GlideinGroup') return [];
    return references.flatMap((reference) => {
      const problem = dangling(resource, reference, placed, resources);
      return problem === undefined ? [] : [problem];
    });
  });
}

function dangling(
  group: GlideinGroup,
  { field, kind }: Reference,
  placed: PlacedResource,
  resources: readonly PlacedResource[],
): GlideinError | undefined {
  const name = group.spec[field]?.name;
  if (name === undefined) return undefined;
  const names = resources
    .map((each) => each.resource)
    .filter((each) => each.kind === kind && each.metadata.namespace === group.metadata.namespace)
    .map((each) => each.metadata.name);
  if (names.includes(name)) return undefined;
  return new GlideinError(
    'InvalidManifest',
    `spec.${field}.name: GlideinGroup "${group.metadata.name}" names the ${kind} "${name}", which does not exist`,
    {
      place: placed.placeOf(['spec', field, 'name']),
      cure:
        names.length === 0
          ? `add a ${kind} of this name in the same namespace`
          : oneOf(name, names, 'write one of'),
    },
  );
}
