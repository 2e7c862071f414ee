import { ownedByPool, poolKey, poolLabels, poolNames, poolPort } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';

/** The address of the pool inside of the cluster. */
export function poolService(pool: PoolResource) {
  return {
    metadata: ownedByPool(pool, poolNames(poolKey(pool)).service),
    spec: {
      type: 'ClusterIP',
      selector: poolLabels(pool.metadata.name),
      ports: [{ name: 'https', port: poolPort, targetPort: 'https', protocol: 'TCP' }],
    },
  };
}
