import type { Created } from '#kube/client-types.ts';
import type { Pod } from '#kube/resource.ts';

/** How pilots may be isolated, best first: with a user namespace of their own, or without. */
export const isolations = ['UserNamespace', 'Shared'] as const;

export type Isolation = (typeof isolations)[number];

export interface DoctorPodOptions {
  readonly namespace: string;
  readonly image: string;
  /** A Localhost profile; Unconfined if absent. */
  readonly seccompProfile: string | undefined;
}

/** Seconds after which the cluster ends the pod, even if nobody removes it. */
const longest = 100;

/** A pod with the rights of a pilot's that looks at one node and prints what it has found. */
export function doctorPod(
  name: string,
  node: string,
  isolation: Isolation,
  { namespace, image, seccompProfile }: DoctorPodOptions,
): Created<Pod> {
  const own = isolation === 'UserNamespace';
  return {
    metadata: { name, namespace, labels: { 'app.kubernetes.io/component': 'glidein-doctor' } },
    spec: {
      // Not by the scheduler: a taint is no reason not to know the node.
      nodeName: node,
      restartPolicy: 'Never',
      activeDeadlineSeconds: longest,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(own ? { hostUsers: false } : {}),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        seccompProfile:
          seccompProfile === undefined
            ? { type: 'Unconfined' }
            : { type: 'Localhost', localhostProfile: seccompProfile },
      },
      containers: [
        {
          name: 'doctor',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['/usr/bin/tini', '--', 'glidein-pilot', '--doctor'],
          env: [{ name: 'HOME', value: '/tmp' }],
          resources: {
            requests: { cpu: '100m', memory: '256Mi' },
            limits: { cpu: '1', memory: '512Mi' },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
            ...(own ? { procMount: 'Unmasked' } : {}),
          },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }],
    },
  };
}
