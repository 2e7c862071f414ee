import type { GlideinGroupSpec } from '#api/glidein-group.ts';

/** What the cure of a fault depends on. */
export interface CureContext {
  readonly namespace: string;
  readonly spec: Pick<GlideinGroupSpec, 'image' | 'template'>;
  /** The Localhost seccomp profile that pilots are told to use, if any. */
  readonly seccompProfile: string | undefined;
}

/** One fault in the cluster's words. The first row that matches is taken, so special rows come before general ones. */
export interface FaultRow {
  /** Its reason in a condition. */
  readonly reason: string;
  readonly when: RegExp;
  /** What to do about it; `word` is what `when` has captured. */
  readonly cure: (word: string, context: CureContext) => string;
}

const pullSecretCure = (_: string, { spec, namespace }: CureContext): string => {
  const names = spec.template.spec.imagePullSecrets.map(({ name }) => name);
  if (names.length === 0) {
    return 'name a Secret with the registry’s credentials in spec.template.spec.imagePullSecrets';
  }
  const which = names.length === 1 ? `the Secret ${names[0]}` : `the Secrets ${names.join(', ')}`;
  return `check that ${which} in the namespace ${namespace} has valid credentials for this registry`;
};

const podSecurityCure = (level: string, { namespace, seccompProfile }: CureContext): string => {
  const label = 'pod-security.kubernetes.io/enforce';
  const relabel = `set the label ${label}=privileged on the namespace ${namespace}, which enforces ${level}`;
  if (seccompProfile !== undefined) return relabel;
  return `${relabel}, or give pilots a seccomp profile (pilotSeccompProfile of the chart glidein), with which every level admits them`;
};

/** What the API server says when it refuses a pod. */
export const refusals: readonly FaultRow[] = [
  {
    reason: 'QuotaNeedsLimits',
    when: /failed quota: (\S+?): must specify/,
    cure: (quota) =>
      `the ResourceQuota ${quota} requires every pod to limit these: set cpuLimit in spec.template.resources`,
  },
  {
    reason: 'QuotaExhausted',
    when: /exceeded quota: ([^,\s]+)/,
    cure: (quota) => `wait, raise the ResourceQuota ${quota}, or lower what the group asks for`,
  },
  {
    reason: 'PriorityClassMissing',
    when: /no PriorityClass with name (\S+) was found/,
    cure: (name) =>
      `create the PriorityClass ${name}, or correct spec.template.spec.priorityClassName of the group`,
  },
  {
    reason: 'RuntimeClassMissing',
    when: /RuntimeClass(?:\.\S+)? "?([^"\s]+)"? not found/i,
    cure: (name) =>
      `create the RuntimeClass ${name}, or correct spec.template.spec.runtimeClassName of the group`,
  },
  { reason: 'PodSecurity', when: /violates PodSecurity "([a-z]+)/, cure: podSecurityCure },
  {
    reason: 'LimitRange',
    when: /(?:maximum|minimum) (\S+) usage per|limit to request ratio/,
    cure: () => 'change the size of the pilots, or the LimitRange of the namespace',
  },
  {
    reason: 'NamespaceEnding',
    when: /namespace \S+ (?:because it is being|is being) terminated|namespaces "([^"]+)" not found/,
    cure: () => 'the namespace is being deleted; create the group in another one',
  },
  {
    reason: 'AdmissionDenied',
    when: /admission webhook "([^"]+)" denied|ValidatingAdmissionPolicy '([^']+)'/,
    cure: (name) => `change the group so that ${name} admits its pods, or ask its administrator`,
  },
  {
    reason: 'PodInvalid',
    when: /\bis invalid: (\S+):/,
    cure: (field) => `the API server rejects ${field}; correct spec.template of the group`,
  },
];

/** What the kubelet says of a pod that does not start: its reason, a colon, and its message. */
export const startFaults: readonly FaultRow[] = [
  {
    reason: 'PullSecretMissing',
    when: /FailedToRetrieveImagePullSecret: .*?\(([^)]*)\)/s,
    cure: (names, { namespace }) =>
      `create the Secret ${names} in the namespace ${namespace}, or correct spec.template.spec.imagePullSecrets of the group`,
  },
  {
    reason: 'ImagePullDenied',
    when: /(?:ErrImagePull|ImagePullBackOff).*(?:\b401\b|\b403\b|unauthorized|authorization failed|authentication required|access denied|denied:|no basic auth)/is,
    cure: pullSecretCure,
  },
  {
    reason: 'ImagePlatform',
    when: /(?:ErrImagePull|ImagePullBackOff).*no match for platform/is,
    cure: () =>
      'choose an image for the processors of these nodes, or select other nodes with spec.template.spec.nodeSelector',
  },
  {
    reason: 'ImageMissing',
    when: /ErrImageNeverPull|(?:ErrImagePull|ImagePullBackOff).*(?:\b404\b|not found|manifest unknown|does not exist)/is,
    cure: (_, { spec }) =>
      `correct ${spec.image === undefined ? 'the operator’s setting --image' : 'spec.image of the group'}, or push that image`,
  },
  {
    reason: 'ImageNameInvalid',
    when: /InvalidImageName/,
    cure: (_, { spec }) =>
      `correct ${spec.image === undefined ? 'the operator’s setting --image' : 'spec.image of the group'}`,
  },
  {
    reason: 'ImagePull',
    when: /ErrImagePull|ImagePullBackOff/,
    cure: () => 'check that the nodes can reach the registry',
  },
  {
    reason: 'SeccompProfileMissing',
    when: /seccomp.*(?:no such file|not found|cannot load)|cannot load seccomp/is,
    cure: (_, { seccompProfile }) =>
      `put the profile ${seccompProfile ?? ''} in the kubelet’s seccomp directory on every node (seccompProfile.install of the chart glidein does so), or leave pilotSeccompProfile empty`,
  },
  {
    reason: 'ConfigMissing',
    when: /(?:CreateContainerConfigError|FailedMount).*((?:secret|configmap) "[^"]+") not found/is,
    cure: (object, { namespace }) => `create the ${object} in the namespace ${namespace}`,
  },
  {
    reason: 'VolumeMissing',
    when: /(?:FailedMount|FailedAttachVolume).*persistentvolumeclaim "?([^"\s]+)"? not found/is,
    cure: (claim) =>
      `create the PersistentVolumeClaim ${claim}, or correct spec.template.spec.volumes of the group`,
  },
  {
    reason: 'VolumeNotMounted',
    when: /FailedMount|FailedAttachVolume/,
    cure: () => 'check the volumes that spec.template.spec.volumes names, and the node’s drivers',
  },
  {
    reason: 'UserNamespacesMissing',
    when: /user namespaces?.*(?:not supported|not enabled|not allowed)|failed to create user namespace/is,
    cure: () =>
      'allow nodes to create user namespaces (sysctl user.max_user_namespaces), and pods too: the seccomp profile RuntimeDefault forbids it',
  },
];

/** What the scheduler says of a pod without a node. */
export const schedulingFaults: readonly FaultRow[] = [
  {
    reason: 'ClaimMissing',
    when: /persistentvolumeclaim "([^"]+)" not found/,
    cure: (claim) =>
      `create the PersistentVolumeClaim ${claim}, or correct spec.template.spec.volumes of the group`,
  },
  {
    reason: 'ClaimPending',
    when: /unbound immediate PersistentVolumeClaims|bind.*volume|no available persistent volumes/i,
    cure: () =>
      'find out why the claims of spec.template.spec.volumes have no volume: "kubectl describe pvc"',
  },
  {
    reason: 'NodesTooFull',
    when: /Insufficient (\S+?)[.,]/,
    cure: (resource) => `wait, add nodes, or make pilots ask for less ${resource}`,
  },
  {
    reason: 'NodesTainted',
    when: /untolerated taints?(?:\(s\))? (\{[^}]*\})/,
    cure: (taint) =>
      `add a toleration for ${taint} to spec.template.spec.tolerations of the group, or remove the taint`,
  },
  {
    reason: 'NoNodeFits',
    when: /didn't match (?:Pod's node affinity|pod affinity|pod topology|PodTopologySpread)/i,
    cure: () =>
      'correct nodeSelector, affinity or topologySpreadConstraints in spec.template.spec of the group',
  },
];
