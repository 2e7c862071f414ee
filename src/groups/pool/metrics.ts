import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { PoolResource } from '../cluster/resources.ts';

/**
 * Pools by whether they serve, counted at every scrape; their names are in Events and status. Create it once per registry. A
 * pool reports its own metrics itself: `pool/metrics`.
 * @param isLeading of several operators, one tells them
 */
export function poolMetrics(
  registry: Registry,
  pools: () => Iterable<PoolResource>,
  isLeading: () => boolean,
): void {
  new Gauge({
    name: 'glidein_pools',
    help: 'GlideinPools by the status of their condition Ready.',
    labelNames: ['ready'],
    registers: [registry],
    collect() {
      this.reset();
      if (!isLeading()) return;
      const counts = { True: 0, False: 0, Unknown: 0 };
      for (const pool of pools()) counts[readyOf(pool)] += 1;
      for (const [ready, count] of Object.entries(counts)) this.set({ ready }, count);
    },
  });
}

const readyOf = (pool: PoolResource) =>
  pool.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
