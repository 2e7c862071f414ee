import { GlideinError, type Place } from '#base/error.ts';
import type { GlideinGroup } from './glidein-group.ts';
import type { GlideinPool } from './glidein-pool.ts';
import type { ImageSet } from './image-set.ts';
import type { PressurePolicy } from './pressure-policy.ts';
import type { FieldPath } from './yaml-document.ts';

export type Resource = GlideinPool | GlideinGroup | PressurePolicy | ImageSet;

/** A valid resource with its defaults filled in, and where it was written. */
export interface PlacedResource {
  readonly resource: Resource;
  readonly place: Place;
  /** Where the value at `path`, from the top of the resource, was written. */
  readonly placeOf: (path: FieldPath) => Place;
}

/** Separates resources whose kind and name occurred before, with a problem for each of them. */
export function withoutDuplicates(all: readonly PlacedResource[]) {
  const first = new Map<string, PlacedResource>();
  const repeated: GlideinError[] = [];
  for (const each of all) {
    const { kind, metadata } = each.resource;
    const key = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, each);
    else repeated.push(duplicate(each, earlier));
  }
  return { unique: [...first.values()], repeated };
}

function duplicate(later: PlacedResource, earlier: PlacedResource): GlideinError {
  const { kind, metadata } = later.resource;
  const { file, line } = earlier.place;
  return new GlideinError(
    'InvalidManifest',
    `metadata.name: there already is a ${kind} "${metadata.name}", at ${file}:${line}`,
    { place: later.placeOf(['metadata', 'name']), cure: 'give one of them another name, or remove it' },
  );
}
