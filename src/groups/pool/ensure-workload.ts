import type { KubeClient } from '#kube/client.ts';
import { configMaps, type StatefulSet, services, statefulSets } from '#kube/resource.ts';
import { ownedByPool, poolKey, poolLabels, poolNames, poolPort } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import { poolDocument } from './pool-document.ts';
import { embeddedOf, poolStatefulSet } from './stateful-set.ts';

/** Applies what the pool reads, its Service and its StatefulSet. @returns the StatefulSet as it is now */
export async function ensureWorkload(
  {
    client,
    settings,
    scrapeDigests,
  }: {
    readonly client: Pick<KubeClient, 'apply'>;
    readonly settings: SiteSettings;
    readonly scrapeDigests: () => Promise<readonly string[]>;
  },
  keys: ClusterKeys,
  pool: PoolResource,
  existing: StatefulSet | undefined,
  signal: AbortSignal,
): Promise<StatefulSet> {
  const document = poolDocument(pool, await keys.get(signal), settings, await scrapeDigests());
  await client.apply(configMaps, document, {}, signal);
  await client.apply(services, poolService(pool), {}, signal);
  const image = embeddedOf(pool).image ?? settings.image;
  return client.apply(statefulSets, poolStatefulSet(pool, { ...settings, image }, existing), {}, signal);
}

/** The address of the pool inside the cluster. */
function poolService(pool: PoolResource) {
  return {
    metadata: ownedByPool(pool, poolNames(poolKey(pool)).service),
    spec: {
      type: 'ClusterIP',
      selector: poolLabels(pool.metadata.name),
      ports: [{ name: 'https', port: poolPort, targetPort: 'https', protocol: 'TCP' }],
    },
  };
}
