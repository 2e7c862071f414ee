import { createHash } from 'node:crypto';
import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { Pod } from '#kube/resource.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';

/** The annotation with a digest of what the pod was made from. */
export const digestAnnotation = 'glidein.dev/digest';

/** A digest of everything in a group that shapes its pods. Pods with another digest have an older specification. */
export function podDigest({
  spec,
  poolUrl,
  settings,
}: {
  readonly spec: GlideinGroupSpec;
  readonly poolUrl: string;
  readonly settings: Pick<SiteSettings, 'site' | 'image' | 'seccompProfile' | 'tracing'>;
}): string {
  const { pilot, template, image, isolation } = spec;
  const { site, seccompProfile, tracing } = settings;
  // No other setting shapes a pod: an operator that serves other namespaces as well replaces nobody's pilots.
  const made = JSON.stringify([
    [pilot, template, image ?? settings.image, isolation, poolUrl],
    [site, seccompProfile, tracing],
  ]);
  return createHash('sha256').update(made).digest('hex').slice(0, 16);
}

/** Whether a pod was made from another specification than the group has now. */
export function isOutdated({ metadata }: Pod, digest: string | undefined): boolean {
  const made = metadata.annotations?.[digestAnnotation];
  return digest !== undefined && made !== undefined && made !== digest;
}
