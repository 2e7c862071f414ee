import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { PoolAccess } from './pool-access.ts';

/** The most pools with series of their own: those whose token ends first. */
const mostPools = 200;

/**
 * When the operator's tokens for its pools end. Create it once per registry.
 * @param isLeading nobody else uses its tokens, and so nobody else replaces them
 */
export function tokenMetrics(
  registry: Registry,
  access: Pick<PoolAccess, 'tokenEnds'>,
  isLeading: () => boolean,
): void {
  new Gauge({
    name: 'glidein_pool_token_end_timestamp_seconds',
    help: 'When the token ends with which the operator asks a pool; another one comes when a fifth of its hour is left.',
    labelNames: ['namespace', 'pool'],
    registers: [registry],
    collect() {
      this.reset();
      if (!isLeading()) return;
      const ends = [...access.tokenEnds()].sort(([, one], [, other]) => one - other);
      for (const [name, end] of ends.slice(0, mostPools)) {
        const [namespace = '', pool = ''] = name.split('/');
        this.set({ namespace, pool }, end / 1000);
      }
    },
  });
}
