import { isDockerHub, isHost } from '#images/registry/reference.ts';

/**
 * The paths at which an image of a registry may lie below a directory of published images, the most exact one first. The
 * layouts are those of unpacked.cern.ch (REGISTRY/ORG/NAME:TAG), of singularity.opensciencegrid.org, which leaves out the
 * registry, and of directories that were made by hand (NAME:TAG, or just NAME for the tag `latest`).
 * @param reference `[REGISTRY/][ORG/]NAME[:TAG][@DIGEST]`, without `docker://`
 */
export function publishedNames(reference: string): string[] {
  const slash = reference.indexOf('/');
  const first = slash === -1 ? '' : reference.slice(0, slash);
  const isHub = !isHost(first) || isDockerHub(first);
  const rest = isHost(first) ? reference.slice(slash + 1) : reference;
  const isTagged = rest.slice(rest.lastIndexOf('/') + 1).includes(':');
  const name = isTagged ? rest : `${rest}:latest`;
  const untagged = name.endsWith(':latest') ? [name.slice(0, -':latest'.length)] : [];
  const isShort = isHub && !rest.includes('/');
  const full = isShort ? `library/${name}` : name;
  const hosts = isHub ? ['registry.hub.docker.com', 'docker.io'] : [first];
  return [...hosts.map((host) => `${host}/${full}`), full, ...(isShort ? [name] : []), ...untagged];
}
