import type { PilotSpec } from '#spec/pilot.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';

/** How payloads are isolated from the pilot's pod. */
export type IsolationTier = 'UserNamespace' | 'Shared';

/** The user of the image: Apptainer needs one that is in /etc/passwd. */
const user = 1000;
const asUser = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  // A volume with millions of files of images is not walked through for each pod.
  fsGroupChangePolicy: 'OnRootMismatch',
};

/**
 * The least rights with which Apptainer runs containers, for each tier. Neither tier has a capability or can gain one;
 * what a pod of the restricted Pod Security standard lacks is the right to make user namespaces, which
 * RuntimeDefault's seccomp profile takes away.
 *
 * | tier          | pod                | container           | payloads see                      |
 * |---------------|--------------------|---------------------|-----------------------------------|
 * | UserNamespace | `hostUsers: false` | /proc is not masked | their own processes only          |
 * | Shared        | an ordinary one    | /proc is masked     | the processes of the pilot's pod  |
 *
 * A pod whose payloads run without containers needs no more than the restricted standard allows.
 */
export function podSecurity(
  tier: IsolationTier,
  settings: Pick<SiteSettings, 'seccompProfile'>,
  mode: PilotSpec['runtime']['mode'],
) {
  const { seccompProfile } = settings;
  return {
    ...(tier === 'UserNamespace' ? { hostUsers: false } : {}),
    securityContext: {
      ...asUser,
      seccompProfile: mode === 'Direct' ? { type: 'RuntimeDefault' } : profileFor(seccompProfile),
    },
  };
}

/**
 * The part of a pod that keeps files on a volume and never talks to Kubernetes, as the restricted standard wants it.
 * @param seccompProfile another one than the runtime's, if what it runs needs it
 */
export const volumePodSecurity = (seccompProfile: object = { type: 'RuntimeDefault' }) => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: { ...asUser, seccompProfile },
});

const profileFor = (name: string | undefined) =>
  name === undefined ? { type: 'Unconfined' } : { type: 'Localhost', localhostProfile: name };

/** The container's part of {@link podSecurity}. */
export function containerSecurity(tier: IsolationTier) {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    // The API server takes this only together with hostUsers: false.
    ...(tier === 'UserNamespace' ? { procMount: 'Unmasked' } : {}),
  };
}
