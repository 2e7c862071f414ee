import { apiVersion } from '#api/resource.ts';
import type { KubeObject, OwnerReference } from '#kube/object.ts';

/** Labels of everything that the operator makes. */
export const labelOf = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  pool: 'glidein.dev/pool',
  group: 'glidein.dev/group',
  /** Of a pool's pod: who may read its metrics; a PodMonitor selects by it. */
  metrics: 'glidein.dev/metrics',
} as const;

/** The value of `managed-by`; informers select by it, so nobody else's pods come over the wire. */
export const managedBy = 'glidein';

/** The service account that pilots run as, in the namespace of their pool. It has no rights. */
export const pilotAccount = 'glidein-pilot';

/** The port of every embedded pool. */
export const poolPort = 9618;

/** Where an object lies; everything of a pool lies in the pool's namespace. */
export interface PoolKey {
  readonly namespace: string;
  readonly name: string;
}

/** The names of what the operator makes for a pool. Pilots mount some of it, so they are part of the interface. */
export function poolNames({ namespace, name }: PoolKey) {
  const base = `${name}-pool`;
  return {
    statefulSet: base,
    pod: `${base}-0`,
    claim: `data-${base}-0`,
    service: base,
    /** The serving certificate, its key, and the authority's certificate as `ca.crt`. */
    tlsSecret: `${base}-tls`,
    /** The authority with its key. */
    authoritySecret: `${base}-ca`,
    /** The authority's certificate alone, for pilots. */
    authorityMap: `${base}-ca`,
    specMap: `${base}-spec`,
    host: `${base}.${namespace}.svc`,
    address: `https://${base}.${namespace}.svc:${poolPort}`,
    /** What tokens for the pool carry as `aud`. */
    audience: `glidein.dev/pool/${namespace}/${name}`,
  };
}

export type PoolNames = ReturnType<typeof poolNames>;

export function poolKey(pool: KubeObject): PoolKey {
  return { namespace: pool.metadata.namespace ?? '', name: pool.metadata.name };
}

export const poolLabels = (name: string) => ({
  [labelOf.managedBy]: managedBy,
  [labelOf.component]: 'pool',
  [labelOf.pool]: name,
});

/** The metadata of an object of a pool. */
export function ownedByPool(pool: KubeObject, name: string) {
  const { namespace, name: poolName } = poolKey(pool);
  return { name, namespace, labels: poolLabels(poolName), ownerReferences: [poolOwner(pool)] };
}

/**
 * Not blocking the owner's deletion: that would need the right to set finalizers on pools where a cluster enforces it
 * (OwnerReferencesPermissionEnforcement), and nobody has to wait for the children.
 */
function poolOwner(pool: KubeObject): OwnerReference {
  return {
    apiVersion,
    kind: 'GlideinPool',
    name: pool.metadata.name,
    uid: pool.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: false,
  };
}
