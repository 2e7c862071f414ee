import {
  type GroupResource,
  groups,
  imageSets,
  type PoolResource,
  policies,
  pools,
} from '#groups/cluster/resources.ts';
import { events } from '#kube/event.ts';
import type { KubeObject } from '#kube/object.ts';
import {
  configMaps,
  leases,
  persistentVolumeClaims,
  pods,
  type ResourceKind,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
} from '#kube/resource.ts';
import { eventually } from './eventually.ts';
import type { LimitedOperator } from './limited-operator.ts';

/** Something that an operator does in its namespace; it fails until it is done, and may be tried again. */
export type Deed = (operator: LimitedOperator) => Promise<void>;

/** A right of the operator, what is lost without it in one sentence, and how that is seen. */
export type Need = readonly [right: string, lost: string, deed: Deed];

/** The objects of a small site: a pool, a group of two pilots, a policy, and a set of images with its claim. */
export async function wantSite({ kube: { direct }, namespace }: LimitedOperator): Promise<void> {
  const at = (name: string) => ({ metadata: { name, namespace } });
  const container = { name: 'other', image: 'example.org/other' };
  // Somebody else's pod has the name of the first pilot.
  await direct.create(pods, { ...at('g-0'), spec: { containers: [container] } });
  const storage = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } };
  await direct.create(persistentVolumeClaims, { ...at('s'), spec: storage });
  await direct.create(pools, { ...at('p'), spec: { type: 'Embedded' } as never });
  await direct.create(policies, { ...at('y'), spec: {} as never });
  await direct.create(imageSets, { ...at('s'), spec: imageSet as never });
  await direct.create(groups, { ...at('g'), spec: group as never });
}

const imageSet = { images: [{ reference: 'debian:12' }], directory: { claimName: 's' } };

const group = {
  poolRef: { name: 'p' },
  replicas: 2,
  isolation: 'Shared',
  pilot: { cpus: 1, memory: '1Gi', disk: '1Gi' },
};

const find =
  <T extends KubeObject>(kind: ResourceKind<T>, name: string) =>
  (operator: LimitedOperator) =>
    operator.kube.direct.get(kind, { namespace: operator.namespace, name });

/** The object is there. */
const made =
  <T extends KubeObject>(kind: ResourceKind<T>, name: string): Deed =>
  async (operator) => {
    await find(kind, name)(operator);
  };

/** The operator has written the object's status. */
const reported =
  <T extends KubeObject>(kind: ResourceKind<T>, name: string): Deed =>
  async (operator) => {
    const found = (await find(kind, name)(operator)) as {
      status?: { conditions?: unknown[]; groups?: unknown };
    };
    if (found.status?.conditions === undefined) throw new Error(`${kind.kind} ${name} has no status`);
  };

interface Conditioned extends KubeObject {
  readonly status?: { readonly conditions?: readonly { type: string; reason: string; message: string }[] };
}

/** A condition of the object has this reason. */
const says =
  (kind: ResourceKind<KubeObject>, name: string, type: string, reason: RegExp): Deed =>
  async (operator) => {
    const { status } = (await find(kind, name)(operator)) as Conditioned;
    const found = status?.conditions?.find((condition) => condition.type === type);
    const text = `${found?.reason}: ${found?.message}`;
    if (!reason.test(text)) throw new Error(`${type} of ${name} is ${text}`);
  };

/** A pod that has no node yet gets one, and does not start there. */
const scheduled =
  (name: string, then: Deed): Deed =>
  async (operator) => {
    const { kube, namespace } = operator;
    const pod = await find(pods, name)(operator);
    if (pod.spec?.nodeName === undefined) {
      const target = { apiVersion: 'v1', kind: 'Node', name: 'somewhere' };
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
      await kube.direct.raw({ method: 'POST', path, body: { metadata: { name }, target } });
    }
    await then(operator);
  };

/** Pods of a group that is suspended are removed. */
const removed: Deed = async (operator) => {
  const { kube, namespace } = operator;
  const { items } = await kube.direct.list(pods, { namespace, labelSelector: 'glidein.dev/group=g' });
  const { spec } = await find(groups, 'g')(operator);
  if (items.length === 0 && spec.suspend === true) return;
  if (items.length > 0 && spec.suspend !== true)
    await kube.direct.mergePatch<GroupResource>(
      groups,
      { namespace, name: 'g' },
      { spec: { suspend: true } },
    );
  throw new Error(`${items.length} pods are left`);
};

/** A pool that is to have a larger volume keeps the one it was made with, and says so. */
const grown: Deed = async (operator) => {
  const { kube, namespace } = operator;
  await workload(operator);
  const spec = { embedded: { storage: { size: '50Gi' } } };
  await kube.direct.mergePatch<PoolResource>(pools, { namespace, name: 'p' }, { spec });
  await says(anyPool, 'p', 'StorageAsWanted', /^CannotChange/)(operator);
};

/** Its own, by which its processes choose who leads, and that of the namespace that it serves. */
const heldLeases = ['glidein-operator', 'glidein-namespace'];

/** The operator leads and serves the namespace. */
const claimed: Deed = async (operator) => {
  for (const name of heldLeases) await find(leases, name)(operator);
};

/** The operator still holds both Leases, and has renewed them. */
const renewed: Deed = async (operator) => {
  for (const name of heldLeases) {
    const { spec } = await find(leases, name)(operator);
    if (spec?.renewTime === spec?.acquireTime) throw new Error(`the Lease ${name} was never renewed`);
  }
};

/** An Event about the pool says how often it happened. The operator writes that after a minute, or when it ends. */
const counted: Deed = async (operator) => {
  const { kube, namespace } = operator;
  for (const [waiting, reason] of [
    [missing, /^ImagePull/],
    [undefined, /^Starting/],
    [missing, /^ImagePull/],
    [undefined, /^Starting/],
  ] as const)
    await eventually(
      scheduled('p-pool-0', containerIs(waiting, ready(reason))).bind(undefined, operator),
      30_000,
      200,
    );
  await operator.end();
  await operator.start();
  const { items } = await kube.direct.list(events, { namespace });
  if (!items.some(({ series }) => (series?.count ?? 0) > 1)) throw new Error('no Event was counted');
};

const missing = { reason: 'ImagePullBackOff', message: 'not found' };

/** The kubelet says what the container of the pool's pod waits for. */
const containerIs =
  (waiting: object | undefined, then: Deed): Deed =>
  async (operator) => {
    const state = waiting === undefined ? {} : { waiting };
    const container = { name: 'pool', image: 'i', imageID: '', ready: false, restartCount: 0, state };
    const key = { namespace: operator.namespace, name: 'p-pool-0' };
    const status = { containerStatuses: [container] };
    await operator.kube.direct.mergePatchStatus(pods, key, { status } as object);
    await then(operator);
  };

/** There is an Event about the pool. */
const told: Deed = async ({ kube, namespace }) => {
  const { items } = await kube.direct.list(events, { namespace });
  if (!items.some(({ regarding }) => regarding?.name === 'p')) throw new Error('no Event tells of the pool');
};

const authority = made(configMaps, 'p-pool-ca');
const workload = made(statefulSets, 'p-pool');
const account = made(serviceAccounts, 'glidein-pilot');
const pilot = made(pods, 'g-2');
const anyPool = pools as ResourceKind<KubeObject>;
const ready = (reason: RegExp) => says(anyPool, 'p', 'Ready', reason);
const publisherStarts = says(imageSets as ResourceKind<KubeObject>, 's', 'Ready', /^Starting/);

/** Every right of the operator. */
export const operatorNeeds: readonly Need[] = [
  ['glidein.dev/glideinpools list', 'no pool comes', workload],
  ['glidein.dev/glideinpools watch', 'a new pool does not come', workload],
  ['glidein.dev/glideingroups list', 'no pilot comes', pilot],
  ['glidein.dev/glideingroups watch', 'a new group gets no pilot', pilot],
  ['glidein.dev/pressurepolicies list', 'no policy decides', reported(policies, 'y')],
  ['glidein.dev/pressurepolicies watch', 'a new policy does not decide', reported(policies, 'y')],
  ['glidein.dev/imagesets list', 'no image is published', made(statefulSets, 's-images')],
  ['glidein.dev/imagesets watch', 'a new set is not published', made(statefulSets, 's-images')],
  ['glidein.dev/glideinpools/status patch', 'a pool has no address', reported(pools, 'p')],
  ['glidein.dev/glideingroups/status patch', 'no number is reserved, so no pilot comes', pilot],
  ['glidein.dev/pressurepolicies/status patch', 'no policy says what it decided', reported(policies, 'y')],
  ['glidein.dev/imagesets/status patch', 'no set says what is published', reported(imageSets, 's')],
  ['/pods get', 'a name that another pod has is tried for ever', pilot],
  ['/pods list', 'nothing begins', pilot],
  ['/pods watch', 'a pool whose pod starts is taken to wait', scheduled('p-pool-0', ready(/^Starting/))],
  ['/pods create', 'no pilot comes', pilot],
  ['/pods delete', 'pilots of a suspended group stay', removed],
  ['apps/statefulsets list', 'nothing begins', workload],
  ['apps/statefulsets watch', 'a pool cannot be changed once its volume is to grow', grown],
  ['apps/statefulsets create', 'no pool comes', workload],
  ['apps/statefulsets patch', 'no pool comes', workload],
  ['/services create', 'a pool has no name', made(services, 'p-pool')],
  ['/services patch', 'a pool has no name', made(services, 'p-pool')],
  ['/configmaps create', 'nobody can verify the pool', authority],
  ['/configmaps patch', 'nobody can verify the pool', authority],
  ['/persistentvolumeclaims get', 'a pool does not say what its volume waits for', reported(pools, 'p')],
  ['/secrets get', 'a pool has no certificate', made(secrets, 'p-pool-tls')],
  ['/secrets create', 'a pool has no certificate', made(secrets, 'p-pool-tls')],
  ['/secrets patch', 'a pool has no certificate', made(secrets, 'p-pool-tls')],
  ['/serviceaccounts create', 'pilots have no account', account],
  ['/serviceaccounts patch', 'pilots have no account', account],
  [
    'events.k8s.io/events list',
    'a publisher that cannot mount does not say so',
    scheduled('s-images-0', publisherStarts),
  ],
  ['events.k8s.io/events create', 'no Event tells of the pool', told],
  ['events.k8s.io/events patch', 'Events do not say how often something happened', counted],
  ['coordination.k8s.io/leases create', 'no operator leads, and no namespace is served', claimed],
  ['coordination.k8s.io/leases get', 'no operator leads, and no namespace is served', claimed],
  ['coordination.k8s.io/leases patch', 'the operator ceases to lead and to serve the namespace', renewed],
  ['/serviceaccounts/token create', 'no pool is asked which jobs wait, so no pilot comes', pilot],
];
