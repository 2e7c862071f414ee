import { isCode } from '#base/error.ts';
import { type ImageReference, parseReference } from '#images/registry/reference.ts';
import type { PilotSpec } from '#spec/pilot.ts';

export type RemoteRules = PilotSpec['runtime']['images']['remote'];

/**
 * The image of a registry that a pilot may fetch for a job. A digest counts more than a tag.
 * @param name what the job says
 * @returns a string if the pilot may not: why. Undefined: the name is not that of an image in a registry
 */
export function fetchedReference(
  name: string | undefined,
  { registries, digestsOnly }: RemoteRules,
): ImageReference | string | undefined {
  if (name === undefined || registries.length === 0 || !/^docker:\/\//i.test(name)) return undefined;
  const reference = parsed(name);
  if (typeof reference === 'string') return reference;
  const { registry, repository, digest } = reference;
  const whole = `${registry}/${repository}`;
  if (!registries.some((prefix) => whole === prefix || whole.startsWith(`${prefix}/`)))
    return `pilots of this group fetch images of ${registries.join(', ')} only`;
  if (digestsOnly && digest === undefined)
    return 'pilots of this group fetch only images that are named by their digest: write docker://NAME@sha256:DIGEST';
  return digest === undefined ? reference : { ...reference, tag: undefined };
}

function parsed(name: string): ImageReference | string {
  try {
    return parseReference(name.replace(/^docker:\/\//i, ''));
  } catch (error) {
    if (!isCode(error, 'InvalidArgument')) throw error;
    return error.message;
  }
}
