import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type { Registry } from 'prom-client';

/** The metrics of one process: a registry of its own with Node's default metrics and the version in it. */
export function createMetrics(version = 'unknown'): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const build = new Gauge({
    name: 'glidein_build_info',
    help: 'Always 1; the label is the version that runs.',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version }, 1);
  return registry;
}
