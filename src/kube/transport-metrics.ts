import { Counter, Histogram } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';

/** Metrics of requests to the API server. Create them once per registry. No label contains the name of an object. */
export function transportMetrics(registry: Registry) {
  return {
    requests: new Counter({
      name: 'glidein_kube_requests_total',
      help: 'Answers of the API server, by method and status; status 0 means no answer.',
      labelNames: ['method', 'status'],
      registers: [registry],
    }),
    errors: new Counter({
      name: 'glidein_kube_errors_total',
      help: 'Answers of the API server that were refusals or faults, by method, resource and status; status 0 means no answer.',
      labelNames: ['method', 'resource', 'status'],
      registers: [registry],
    }),
    seconds: new Histogram({
      name: 'glidein_kube_request_seconds',
      help: 'Seconds until the whole answer was read.',
      labelNames: ['method'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers: [registry],
    }),
  };
}

export type TransportMetrics = ReturnType<typeof transportMetrics>;
