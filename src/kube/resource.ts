import type {
  V1ConfigMap,
  V1Lease,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1SelfSubjectAccessReview,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V1TokenReview,
} from '@kubernetes/client-node';
import type { KubeObject, ObjectKey, Wire } from './object.ts';

/** One kind of objects: its path at the API server, and the type of its objects. */
export interface ResourceKind<T extends KubeObject> {
  /** The core group is `''`. */
  readonly group: string;
  readonly version: string;
  /** As in the path: `pods`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set; only carries the type. */
  readonly objects?: T;
}

export type Pod = Wire<V1Pod>;
export type Service = Wire<V1Service>;
export type Secret = Wire<V1Secret>;
export type ConfigMap = Wire<V1ConfigMap>;
export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>;
export type StatefulSet = Wire<V1StatefulSet>;
export type ServiceAccount = Wire<V1ServiceAccount>;
export type Lease = Wire<V1Lease>;
export type Node = Wire<V1Node>;
export type TokenReview = Wire<V1TokenReview>;
export type SelfSubjectAccessReview = Wire<V1SelfSubjectAccessReview>;

/** Describes a kind. */
export function define<T extends KubeObject>(
  groupVersion: string,
  plural: string,
  kind: string,
  namespaced = true,
): ResourceKind<T> {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return Object.freeze({ group: group ?? '', version: version ?? '', plural, kind, namespaced });
}

export const pods = define<Pod>('v1', 'pods', 'Pod');
export const services = define<Service>('v1', 'services', 'Service');
export const secrets = define<Secret>('v1', 'secrets', 'Secret');
export const configMaps = define<ConfigMap>('v1', 'configmaps', 'ConfigMap');
export const persistentVolumeClaims = define<PersistentVolumeClaim>(
  'v1',
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
);
export const statefulSets = define<StatefulSet>('apps/v1', 'statefulsets', 'StatefulSet');
export const serviceAccounts = define<ServiceAccount>('v1', 'serviceaccounts', 'ServiceAccount');
export const leases = define<Lease>('coordination.k8s.io/v1', 'leases', 'Lease');
export const nodes = define<Node>('v1', 'nodes', 'Node', false);
export const tokenReviews = define<TokenReview>(
  'authentication.k8s.io/v1',
  'tokenreviews',
  'TokenReview',
  false,
);
export const selfSubjectAccessReviews = define<SelfSubjectAccessReview>(
  'authorization.k8s.io/v1',
  'selfsubjectaccessreviews',
  'SelfSubjectAccessReview',
  false,
);

const glidein = 'glidein.dev/v1alpha1';

/** The schemas of these kinds lie above this room, so callers pass their types. */
export const glideinPools = <T extends KubeObject>() => define<T>(glidein, 'glideinpools', 'GlideinPool');
export const glideinGroups = <T extends KubeObject>() => define<T>(glidein, 'glideingroups', 'GlideinGroup');
export const pressurePolicies = <T extends KubeObject>() =>
  define<T>(glidein, 'pressurepolicies', 'PressurePolicy');
export const imageSetsOf = <T extends KubeObject>() => define<T>(glidein, 'imagesets', 'ImageSet');

/** `v1` or `GROUP/VERSION`, as in manifests. */
export function apiVersionOf(kind: ResourceKind<KubeObject>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** The path of all objects of a kind, in one namespace or in all of them. */
export function collectionPath(kind: ResourceKind<KubeObject>, namespace?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const inside =
    kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${inside}/${kind.plural}`;
}

/** The path of one object. */
export function objectPath(kind: ResourceKind<KubeObject>, key: ObjectKey, subresource?: string): string {
  const tail = subresource === undefined ? '' : `/${subresource}`;
  return `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}${tail}`;
}
