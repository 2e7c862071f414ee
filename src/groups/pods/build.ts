import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import { apiVersion } from '#api/resource.ts';
import { printTraceParent, type TraceParent, traceVariable } from '#base/trace-parent.ts';
import { preparing } from '#fleet/prepared-images.ts';
import type { Created } from '#kube/client-types.ts';
import type { Pod } from '#kube/resource.ts';
import { amount, milliseconds } from '#spec/fields.ts';
import { reportTime } from '#spec/lifetimes.ts';
import { type PilotSpec, pilotSpec } from '#spec/pilot.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { longestStop } from '#spec/services/reserved.ts';
import { withoutDefaults } from '#spec/without-defaults.ts';
import { labelOf, managedBy, pilotAccount, poolNames } from '../cluster/names.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { digestAnnotation, podDigest } from './digest.ts';
import { affinityAwayFrom } from './node-affinity.ts';
import { pilotContainer } from './pilot-pods.ts';
import { containerSecurity, type IsolationTier, podSecurity } from './security.ts';
import { diskOf, orderAnnotation, ownMounts, ownVolumes, places, podMounts, podVolume } from './volumes.ts';

type Volumes = NonNullable<NonNullable<Created<Pod>['spec']>['volumes']>;

export interface PodOrder {
  readonly group: GroupResource;
  /** Validated and with its defaults. */
  readonly spec: GlideinGroupSpec;
  /** Where the pool answers. */
  readonly poolUrl: string;
  readonly tier: IsolationTier;
  /** Names of nodes that it keeps away from. */
  readonly avoided?: readonly string[];
  /** Images of waiting jobs that its pilot prepares. */
  readonly images?: readonly string[] | undefined;
  readonly settings: Pick<SiteSettings, 'site' | 'image' | 'seccompProfile' | 'tracing'>;
}

/** The annotation with the span of a pod, as a W3C `traceparent`; that of its pilot's start is below it. */
export const traceAnnotation = 'glidein.dev/traceparent';

/**
 * The pod of the pilot `name`: what its group says, and what only the operator decides.
 * @param trace its span; undefined if the operator makes none
 */
export function pilotPod(name: string, order: PodOrder, trace?: TraceParent): Created<Pod> {
  const { spec } = order;
  return podOf(name, 'pilot', order, {
    trace,
    args: ['--order', places.orderFile, '--uid', '$(GLIDEIN_POD_UID)'],
    resources: resourcesOf(spec),
  });
}

/**
 * A pod like a pilot's that only shows whether payloads can be run: small, so that it takes nobody's place, and without
 * disk for jobs.
 */
export function probePod(name: string, order: PodOrder): Created<Pod> {
  const small = { cpu: '100m', memory: String(512 * 2 ** 20) };
  return podOf(name, 'probe', order, {
    args: ['--order', places.orderFile, '--uid', '$(GLIDEIN_POD_UID)', '--probe-only'],
    resources: {
      requests: small,
      limits: { ...cpuLimitOf(order.spec.template.resources.cpuLimit), memory: small.memory },
    },
  });
}

function podOf(
  name: string,
  component: 'pilot' | 'probe',
  order: PodOrder,
  container: {
    readonly args: readonly string[];
    readonly resources: object;
    readonly trace?: TraceParent | undefined;
  },
): Created<Pod> {
  const { group, spec, settings, tier, avoided = [] } = order;
  const namespace = group.metadata.namespace ?? '';
  const pool = poolNames({ namespace, name: spec.poolRef.name });
  const { volumes, volumeMounts: _, affinity: wanted, ...placement } = spec.template.spec;
  const affinity = affinityAwayFrom(wanted, avoided);
  return {
    metadata: {
      name,
      namespace,
      labels: {
        ...spec.template.metadata.labels,
        [labelOf.managedBy]: managedBy,
        [labelOf.component]: component,
        [labelOf.group]: group.metadata.name,
        [labelOf.pool]: spec.poolRef.name,
      },
      annotations: {
        ...annotationsOf(name, order),
        ...(container.trace && { [traceAnnotation]: printTraceParent(container.trace) }),
      },
      ownerReferences: [ownerOf(group)],
    },
    spec: {
      ...given(placement),
      ...(affinity === undefined ? {} : { affinity }),
      ...podSecurity(tier, settings, spec.pilot.runtime.mode),
      restartPolicy: 'Never',
      serviceAccountName: pilotAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...deadlinesOf(spec.pilot),
      volumes: [...volumes.map(podVolume), ...ownVolumes(spec, pool)] as Volumes,
      containers: [
        {
          name: pilotContainer,
          image: spec.image ?? settings.image,
          imagePullPolicy: 'IfNotPresent',
          // Apptainer leaves children of children behind; tini reaps them, whatever the image's entrypoint is.
          command: ['/usr/bin/tini', '--', 'glidein-pilot'],
          args: [...container.args],
          env: [
            { name: 'GLIDEIN_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
            { name: 'GLIDEIN_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'HOME', value: places.home },
            ...tracingOf(order.settings, container.trace),
          ],
          resources: container.resources,
          securityContext: containerSecurity(tier),
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [...podMounts(spec.template.spec), ...ownMounts(spec)],
        },
      ],
    },
  };
}

/** A pilot makes spans if the operator does. */
const tracingOf = ({ tracing = [] }: PodOrder['settings'], trace: TraceParent | undefined) => [
  ...tracing,
  ...(trace === undefined
    ? []
    : [
        {
          name: traceVariable,
          valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${traceAnnotation}']` } },
        },
      ]),
];

/** The pilot is gone by its own clock before the first; the second is what its payloads' grace and its reports take. */
const deadlinesOf = ({ lifetimes: { maxWalltime, grace }, services }: PilotSpec) => ({
  ...(maxWalltime === undefined
    ? {}
    : { activeDeadlineSeconds: Math.ceil(milliseconds(maxWalltime) / 1000) }),
  terminationGracePeriodSeconds: Math.ceil((milliseconds(grace) + reportTime + longestStop(services)) / 1000),
});

/** Only what is set: Kubernetes has its own defaults. */
function given(placement: object): object {
  return Object.fromEntries(
    Object.entries(placement).filter(([, value]) => value !== undefined && Object.keys(value).length > 0),
  );
}

function annotationsOf(name: string, order: PodOrder): Record<string, string> {
  return {
    // A cluster autoscaler would remove the node while payloads run.
    'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
    'karpenter.sh/do-not-disrupt': 'true',
    ...order.spec.template.metadata.annotations,
    [orderAnnotation]: JSON.stringify(pilotOrderOf(name, order)),
    [digestAnnotation]: podDigest(order),
  };
}

/** The pilot's order; its uid is known only inside the pod. The pilot may be older, and then must not meet fields that nobody has set. */
function pilotOrderOf(
  name: string,
  order: PodOrder,
): Omit<PilotOrder, 'uid' | 'spec'> & { readonly spec: unknown } {
  const { group, spec, poolUrl, settings, images } = order;
  return {
    name,
    group: group.metadata.name,
    site: settings.site,
    pool: { url: poolUrl, tokenFile: places.tokenFile, caFile: places.caFile },
    directory: places.directory,
    cacheDirectory: places.cacheDirectory,
    noticeFile: places.noticeFile,
    spec: withoutDefaults(pilotSpec, preparing(spec.pilot, images)),
  };
}

/** It does not block the group's deletion: the cluster collects the pods, and nobody has to wait for them. */
function ownerOf({ metadata }: GroupResource) {
  return {
    apiVersion,
    kind: 'GlideinGroup',
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: false,
  };
}

/** Only if the group says so: a quota may count CPU limits. */
const cpuLimitOf = (limit: number | string | undefined) =>
  limit === undefined ? {} : { cpu: String(limit) };

/** Cores are requested, and limited only if the group says so: pilots may use what others leave idle. */
function resourcesOf(spec: GlideinGroupSpec) {
  const { pilot, template } = spec;
  const {
    cpuRequest = pilot.cpus,
    cpuLimit,
    overheadCpu,
    overheadMemory,
    gpuResource,
    fuseResource,
  } = template.resources;
  const limits = {
    memory: String(Math.ceil(amount(pilot.memory) + amount(overheadMemory))),
    'ephemeral-storage': String(diskOf(spec)),
    ...(pilot.gpus > 0 ? { [gpuResource]: String(pilot.gpus) } : {}),
    ...(fuseResource === undefined ? {} : { [fuseResource]: '1' }),
  };
  const cpu = `${Math.ceil((amount(cpuRequest) + amount(overheadCpu)) * 1000)}m`;
  return { requests: { cpu, ...limits }, limits: { ...cpuLimitOf(cpuLimit), ...limits } };
}
