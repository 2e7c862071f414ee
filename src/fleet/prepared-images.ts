import type { GlideinGroupSpec } from '#api/glidein-group.ts';

type PilotSpec = GlideinGroupSpec['pilot'];

/** The most names that a pilot takes. */
const mostNames = 16;

/**
 * How many images of waiting jobs a pilot that starts for them prepares: none where an image that is published is at hand
 * anyway.
 */
export function preparesOf({ runtime: { images, warm } }: PilotSpec): { readonly prepares?: number } {
  const isWorthIt = images.remote.registries.length > 0 || warm !== undefined;
  return isWorthIt && images.prepareWaiting > 0 ? { prepares: images.prepareWaiting } : {};
}

/** What a pilot is told that starts for jobs with these images: to prepare them after those that its group names. */
export function preparing<Spec extends PilotSpec>(pilot: Spec, wanted: readonly string[] = []): Spec {
  if (wanted.length === 0) return pilot;
  const { runtime } = pilot;
  const prepare = [...new Set([...(runtime.images.prepare ?? []), ...wanted])].slice(0, mostNames);
  return { ...pilot, runtime: { ...runtime, images: { ...runtime.images, prepare } } };
}
