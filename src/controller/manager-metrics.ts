import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { Watched } from './runnable.ts';

/** Metrics of whether this process leads, and how old its knowledge is, as of each scrape. Call it once per registry. */
export function managerMetrics(
  registry: Registry,
  informers: readonly Watched[],
  isLeading: () => boolean,
): void {
  new Gauge({
    name: 'glidein_leader',
    help: '1 while this process leads.',
    registers: [registry],
    collect() {
      this.set(isLeading() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'glidein_kube_stale_seconds',
    help: 'Seconds since the API server last sent anything about this resource; -1 before the first time.',
    labelNames: ['resource'],
    registers: [registry],
    collect() {
      for (const informer of informers) {
        const age = informer.staleness();
        this.set({ resource: informer.resource }, Number.isFinite(age) ? age / 1000 : -1);
      }
    },
  });
}
