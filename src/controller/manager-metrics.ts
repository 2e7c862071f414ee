import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { Watched } from './runnable.ts';

/** Whether this process leads, and how old what it knows is; asked at every scrape. Made once for a registry. */
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
    help: 'Seconds since the API server last said anything of this resource; -1 before the first time.',
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
