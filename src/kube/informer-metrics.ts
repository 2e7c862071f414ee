import { Counter, Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';

/** Metrics of how well the copies of the cluster's objects are kept. Create them once per registry. */
export function informerMetrics(registry: Registry) {
  return {
    lists: new Counter({
      name: 'glidein_kube_lists_total',
      help: 'Whole lists that were read, by resource; more than one means that a watch could not be continued.',
      labelNames: ['resource'],
      registers: [registry],
    }),
    watches: new Counter({
      name: 'glidein_kube_watches_total',
      help: 'Watches that were opened, by resource.',
      labelNames: ['resource'],
      registers: [registry],
    }),
    failures: new Counter({
      name: 'glidein_kube_watch_failures_total',
      help: 'Lists and watches that failed, by resource and reason.',
      labelNames: ['resource', 'reason'],
      registers: [registry],
    }),
    events: new Counter({
      name: 'glidein_kube_watch_events_total',
      help: 'Changes that were received, by resource and type.',
      labelNames: ['resource', 'type'],
      registers: [registry],
    }),
    objects: new Gauge({
      name: 'glidein_kube_objects',
      help: 'Objects that are kept in memory, by resource.',
      labelNames: ['resource'],
      registers: [registry],
    }),
  };
}

export type InformerMetrics = ReturnType<typeof informerMetrics>;
