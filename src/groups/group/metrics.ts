import { Counter, Gauge, Histogram } from 'prom-client';
import { type Phase, phases } from '#fleet/phase.ts';
import type { Registry } from '#telemetry/metrics.ts';

/** What the controllers of groups report; of identities only namespace and group. */
export interface GroupMetrics {
  seen(
    group: { readonly namespace: string; readonly name: string },
    facts: {
      readonly phases: Partial<Record<Phase, number>>;
      readonly wanted: number;
      readonly demand: number;
      readonly ready: boolean;
      readonly breakerOpen: boolean;
    },
  ): void;
  gone(group: { readonly namespace: string; readonly name: string }): void;
  created(group: { readonly namespace: string; readonly name: string }, milliseconds: number): void;
  failed(group: { readonly namespace: string; readonly name: string }): void;
  lost(group: { readonly namespace: string; readonly name: string }): void;
}

export function groupMetrics(registry: Registry): GroupMetrics {
  const registers = [registry];
  const labelNames = ['namespace', 'group'] as const;
  const pilots = new Gauge({
    name: 'glidein_group_pilots',
    help: 'Pilots by phase.',
    labelNames: [...labelNames, 'phase'] as const,
    registers,
  });
  const wanted = new Gauge({
    name: 'glidein_group_wanted',
    help: 'Pilots that the group should have.',
    labelNames,
    registers,
  });
  const demand = new Gauge({
    name: 'glidein_group_demand',
    help: 'Pilots that the waiting jobs could fill.',
    labelNames,
    registers,
  });
  const ready = new Gauge({
    name: 'glidein_group_ready',
    help: '1 while pilots can be created, by the condition Ready.',
    labelNames,
    registers,
  });
  const breaker = new Gauge({
    name: 'glidein_group_breaker_open',
    help: '1 while failures of pilots hold back new ones.',
    labelNames,
    registers,
  });
  const lost = new Counter({
    name: 'glidein_group_pilots_lost_total',
    help: 'Pilots that failed after they registered.',
    labelNames,
    registers,
  });
  const created = new Counter({
    name: 'glidein_group_pilots_created_total',
    help: 'Pilots that this process created.',
    labelNames,
    registers,
  });
  const failed = new Counter({
    name: 'glidein_group_pilots_failed_total',
    help: 'Pilots that failed before they registered.',
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: 'glidein_pod_create_seconds',
    help: 'Seconds that the API server took to create a pod.',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 15, 30],
    registers,
  });
  return {
    seen({ namespace, name: group }, facts) {
      wanted.set({ namespace, group }, facts.wanted);
      demand.set({ namespace, group }, facts.demand);
      ready.set({ namespace, group }, facts.ready ? 1 : 0);
      breaker.set({ namespace, group }, facts.breakerOpen ? 1 : 0);
      for (const phase of phases) pilots.set({ namespace, group, phase }, facts.phases[phase] ?? 0);
    },
    gone({ namespace, name: group }) {
      for (const gauge of [wanted, demand, ready, breaker]) gauge.remove({ namespace, group });
      for (const phase of phases) pilots.remove({ namespace, group, phase });
    },
    created({ namespace, name: group }, milliseconds) {
      created.inc({ namespace, group });
      seconds.observe(milliseconds / 1000);
    },
    failed: ({ namespace, name: group }) => failed.inc({ namespace, group }),
    lost: ({ namespace, name: group }) => lost.inc({ namespace, group }),
  };
}
