import { createHash } from 'node:crypto';
import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { Pod } from '#kube/resource.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';

/** The annotation with a digest of what the pod was made from. */
export const digestAnnotation = 'glidein.dev/digest';

/** What of a group makes its pods what they are. Pods with another digest are of an older specification. */
export function podDigest({
  spec,
  poolUrl,
  settings,
}: {
  readonly spec: GlideinGroupSpec;
  readonly poolUrl: string;
  readonly settings: Pick<SiteSettings, 'site' | 'image' | 'seccompProfile'>;
}): string {
  const { pilot, template, image, isolation } = spec;
  const made = JSON.stringify([pilot, template, image ?? settings.image, isolation, poolUrl, settings]);
  return createHash('sha256').update(made).digest('hex').slice(0, 16);
}

/** Whether a pod was made from another specification than what the group says now. */
export function isOutdated({ metadata }: Pod, digest: string | undefined): boolean {
  const made = metadata.annotations?.[digestAnnotation];
  return digest !== undefined && made !== undefined && made !== digest;
}
