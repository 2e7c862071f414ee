import type { ImageSetResource } from '../cluster/resources.ts';

/**
 * The older set whose directory a set would also write into; undefined if it has its directory for itself. A directory has one
 * writer, which also removes what its own set does not name: two would remove each other's images. The older set goes on,
 * whatever the younger one asks for.
 */
export function olderInDirectory(
  set: ImageSetResource,
  all: Iterable<ImageSetResource>,
): ImageSetResource | undefined {
  for (const other of all)
    if (other.metadata.uid !== set.metadata.uid && isOlder(other, set) && overlap(other, set)) return other;
  return undefined;
}

/** How a directory is named to people. */
export const directoryName = ({ spec: { directory } }: ImageSetResource): string =>
  directory.path === ''
    ? `the claim ${directory.claimName}`
    : `${directory.path} of the claim ${directory.claimName}`;

function overlap(a: ImageSetResource, b: ImageSetResource): boolean {
  if (a.metadata.namespace !== b.metadata.namespace) return false;
  const [one, other] = [a.spec.directory, b.spec.directory];
  if (one.claimName !== other.claimName) return false;
  return isWithin(one.path, other.path) || isWithin(other.path, one.path);
}

const isWithin = (inner: string, outer: string): boolean =>
  outer === '' || inner === outer || inner.startsWith(`${outer}/`);

function isOlder(a: ImageSetResource, b: ImageSetResource): boolean {
  const [one, other] = [a, b].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ''));
  if (one !== other) return Number(one) < Number(other);
  return a.metadata.name < b.metadata.name;
}
