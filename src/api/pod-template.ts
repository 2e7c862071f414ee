import * as z from 'zod';
import { byteQuantity, objectName, quantity } from '#spec/fields.ts';
import { keyedList } from '#spec/list.ts';
import { withRules } from '#spec/rule.ts';
import { affinity } from './pod-affinity.ts';
import { labelSelector, labels } from './pod-labels.ts';
import { volume, volumeMount } from './pod-volumes.ts';

export const toleration = z.strictObject({
  key: z.string().max(317).describe('The key of the taint; every key if absent.').optional(),
  operator: z.enum(['Equal', 'Exists']).default('Equal').describe('How the value of the taint is compared.'),
  value: z.string().max(63).describe('The value of the taint.').optional(),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .describe('The effect of the taint; every effect if absent.')
    .optional(),
  tolerationSeconds: z
    .int()
    .min(0)
    .max(31_536_000)
    .describe('For how many seconds NoExecute is tolerated.')
    .optional(),
});

const spread = z.strictObject({
  maxSkew: z.int().min(1).max(100_000).describe('How unevenly the pilots may be spread.'),
  topologyKey: z.string().min(1).max(317).describe('The node label whose values are the domains.'),
  whenUnsatisfiable: z
    .enum(['DoNotSchedule', 'ScheduleAnyway'])
    .describe('What happens to a pod that would be spread too unevenly.'),
  labelSelector: labelSelector.describe('The pods that count.').optional(),
});

const podMetadata = z
  .strictObject({
    labels: withRules(labels('Further labels of the pods.'), [
      {
        cel: "!self.exists(key, key.startsWith('glidein.dev/'))",
        message: 'labels that begin with glidein.dev/ are written by the operator',
        cure: 'write a label of your own domain, such as example.org/team',
        holds: (value) => !Object.keys(value).some((key) => key.startsWith('glidein.dev/')),
      },
    ]).default({}),
    annotations: z
      .record(z.string().min(1).max(317), z.string().max(4096))
      .meta({ maxProperties: 64 })
      .default({})
      .describe('Further annotations of the pods.'),
  })
  .prefault({})
  .describe('Metadata of the pods.');

const podSpec = withRules(
  z.strictObject({
    nodeSelector: labels('Labels that a node must have.').default({}),
    affinity,
    tolerations: z
      .array(toleration)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default([])
      .describe('Taints that the pilots tolerate.'),
    topologySpreadConstraints: z
      .array(spread)
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default([])
      .describe('How the pilots are spread over zones or nodes.'),
    priorityClassName: z.string().min(1).max(253).describe('The priority of the pods.').optional(),
    runtimeClassName: z.string().min(1).max(253).describe('The container runtime of the pods.').optional(),
    schedulerName: z.string().min(1).max(253).describe('The scheduler of the pods.').optional(),
    imagePullSecrets: keyedList(
      z.strictObject({ name: objectName('The name of a Secret in the same namespace.') }),
      'name',
      16,
    )
      .default([])
      .describe('Secrets with which the kubelet pulls the pilot’s image.'),
    volumes: keyedList(volume, 'name', 32)
      .default([])
      .describe('Volumes, of kinds that give no access to the node.'),
    volumeMounts: keyedList(volumeMount, 'mountPath', 64)
      .default([])
      .describe('Where the pilot’s container sees the volumes.'),
  }),
  [
    {
      cel: 'self.volumeMounts.all(mount, self.volumes.exists(volume, volume.name == mount.name))',
      path: ['volumeMounts'],
      message: 'a volume mount names a volume that does not exist',
      cure: 'write the name of an entry of volumes',
      holds: ({ volumes, volumeMounts }) =>
        volumeMounts.every((mount) => volumes.some((each) => each.name === mount.name)),
    },
  ],
)
  .prefault({})
  .describe('The part of the pods’ specification that a group may set; the operator sets the rest.');

const resources = z
  .strictObject({
    cpuRequest: quantity(
      'Cores that the pod requests for what the pilot offers; all of them if absent. With fewer, pilots share the spare time of a node.',
    ).optional(),
    cpuLimit: quantity(
      'The most cores that the pod may use, for namespaces whose quota counts limits.cpu; no limit if absent. At least cpuRequest and overheadCpu together.',
    ).optional(),
    overheadCpu: quantity('Cores that the pod requests in addition to what the pilot offers.').default(
      '100m',
    ),
    overheadMemory: byteQuantity(
      'Memory that the pod requests in addition to what the pilot offers.',
    ).default('256Mi'),
    gpuResource: z
      .string()
      .min(1)
      .max(317)
      .default('nvidia.com/gpu')
      .describe('The extended resource by which the pilot’s GPUs are requested.'),
    fuseResource: z
      .string()
      .min(1)
      .max(317)
      .optional()
      .describe(
        'The extended resource by which a device plug-in gives a pod /dev/fuse, which image files need.',
      ),
  })
  .prefault({})
  .describe('What the pods request besides the size of the pilot.');

/** The allow-list of what a group may set for its pods. Service account, token mounts and security context are not on it. */
export const podTemplate = z
  .strictObject({ metadata: podMetadata, spec: podSpec, resources })
  .prefault({})
  .describe('What a group may set for its pods.');

export type PodTemplate = z.infer<typeof podTemplate>;
