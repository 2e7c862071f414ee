import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { ReconcileEnd } from './result.ts';

/** The metrics of one queue. */
export interface QueueMetrics {
  depth(names: number): void;
  waited(milliseconds: number): void;
}

/** The metrics of one controller. */
export interface ControllerMetrics extends QueueMetrics {
  reconciled(result: ReconcileEnd['kind'], milliseconds: number): void;
}

/** The metrics of all controllers. Call it once per registry. @returns a function that makes the metrics of one controller */
export function controllerMetrics(registry: Registry): (controller: string) => ControllerMetrics {
  const registers = [registry];
  const reconciles = new Counter({
    name: 'glidein_reconciles_total',
    help: 'Reconciles by controller and result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'glidein_reconcile_seconds',
    help: 'Seconds that a reconcile took.',
    labelNames: ['controller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  const waited = new Histogram({
    name: 'glidein_queue_wait_seconds',
    help: 'Seconds that a name waited for a worker.',
    labelNames: ['controller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  const depth = new Gauge({
    name: 'glidein_queue_depth',
    help: 'Names that wait for a worker.',
    labelNames: ['controller'],
    registers,
  });
  return (controller) => ({
    depth: (names) => depth.set({ controller }, names),
    waited: (milliseconds) => waited.observe({ controller }, milliseconds / 1000),
    reconciled: (result, milliseconds) => {
      reconciles.inc({ controller, result });
      seconds.observe({ controller }, milliseconds / 1000);
    },
  });
}
