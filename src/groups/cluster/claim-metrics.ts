import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { NamespaceClaims } from './namespace-claims.ts';

/**
 * How many namespaces are served, and how many are left to others, as of each scrape.
 * @param isLeading a process that does not lead sees no claims, and tells of none
 */
export function claimMetrics(
  registry: Registry,
  claims: Pick<NamespaceClaims, 'held' | 'servedByOthers'>,
  isLeading: () => boolean,
): void {
  new Gauge({
    name: 'glidein_namespaces',
    help: 'Namespaces with resources of Glidein that this process sees while it leads: those that it serves (Served), and those that another installation of the operator serves, so that this one does nothing there (ServedByAnother).',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      if (!isLeading()) return;
      this.set({ state: 'Served' }, claims.held.length);
      this.set({ state: 'ServedByAnother' }, claims.servedByOthers.length);
    },
  });
}
