import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { PolicyResource } from '../cluster/resources.ts';

/**
 * The jobs that each policy sees waiting, as of its status at every scrape. Create it once per registry.
 * @param isLeading of several operators, one tells them
 */
export function policyMetrics(
  registry: Registry,
  policies: () => Iterable<PolicyResource>,
  isLeading: () => boolean,
): void {
  new Gauge({
    name: 'glidein_policy_jobs',
    help: 'Waiting jobs that a policy counts: Runnable in one of its groups, or Unrunnable in any.',
    labelNames: ['namespace', 'policy', 'class'],
    registers: [registry],
    collect() {
      this.reset();
      if (!isLeading()) return;
      for (const { metadata, status = {} } of policies()) {
        const labels = { namespace: metadata.namespace ?? '', policy: metadata.name };
        const { jobs = 0, unrunnable = 0 } = status;
        this.set({ ...labels, class: 'Runnable' }, Math.max(0, jobs - unrunnable));
        this.set({ ...labels, class: 'Unrunnable' }, unrunnable);
      }
    },
  });
}
