import type { PoolResource } from '../resources.ts';
import { ownedByPool, poolKey, poolLabels, poolNames, poolPort } from './names.ts';

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
