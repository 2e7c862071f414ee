import { Counter, Gauge, Histogram } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import { type Phase, phases } from '#fleet/phase.ts';
import type { LimitThatBit } from '#pressure/decision.ts';
import { FadingSums, unknownName } from '#telemetry/fading-sums.ts';
import type { Registry } from '#telemetry/metrics.ts';
import type { StepTime } from '../pilots/start-up.ts';

interface GroupName {
  readonly namespace: string;
  readonly name: string;
}

interface GroupFacts {
  readonly phases: Partial<Record<Phase, number>>;
  readonly wanted: number;
  readonly demand: number;
  readonly ready: boolean;
  /** Somebody wants it to have no pilots. */
  readonly suspended: boolean;
  readonly breakerOpen: boolean;
  /** How many nodes its pilots are kept away from. */
  readonly quarantinedNodes: number;
  /** Whether the pool says which jobs wait. */
  readonly demandKnown: boolean;
  /** How many pilots each limit costs. */
  readonly limits: readonly Pick<LimitThatBit, 'name' | 'count'>[];
}

/** What the controllers of groups report; of identities only namespace and group. */
export interface GroupMetrics {
  seen(group: GroupName, facts: GroupFacts): void;
  gone(group: GroupName): void;
  created(group: GroupName, milliseconds: number): void;
  failed(group: GroupName): void;
  lost(group: GroupName): void;
  /** A pilot on this node failed, whatever the reason. */
  failedOn(node: string | undefined): void;
  started(steps: readonly StepTime[]): void;
}

const labelNames = ['namespace', 'group'] as const;

/** The most nodes with series of their own. */
const mostNodes = 20;

/**
 * The metrics of all groups. Call it once per registry.
 * @param isLeading a process that no longer leads goes on to tell what it did, and no longer how groups are
 */
export function groupMetrics(registry: Registry, clock: Clock, isLeading: () => boolean): GroupMetrics {
  const gauges = groupGauges(registry, isLeading);
  const counters = pilotCounters(registry);
  return {
    ...counters,
    ...nodeGauge(registry, clock),
    seen(group, facts) {
      gauges.seen(group, facts);
      counters.seen(group);
    },
    gone(group) {
      gauges.gone(group);
      counters.gone(group);
    },
  };
}

/** A gauge that fades: a counter for each node that ever was among the worst would not be bounded. */
function nodeGauge(registry: Registry, clock: Clock): Pick<GroupMetrics, 'failedOn'> {
  const sums = new FadingSums({ clock, halfLife: 6 * 3_600_000, most: 2000 });
  new Gauge({
    name: 'glidein_node_failed_pilots',
    help: 'Pilots that failed recently, of the twenty nodes with the most; those of six hours ago count half.',
    labelNames: ['node'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [node, value] of sums.largest(mostNodes)) this.set({ node }, value);
    },
  });
  return { failedOn: (node) => sums.add(node ?? unknownName, 1) };
}

/** A former leader's gauges would be added to those of its successor. The next term sets them anew. */
const forgetsUnless = (isLeading: () => boolean) =>
  function forget(this: { reset: () => void }): void {
    if (!isLeading()) this.reset();
  };

function groupGauges(registry: Registry, isLeading: () => boolean): Pick<GroupMetrics, 'seen' | 'gone'> {
  const collect = forgetsUnless(isLeading);
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames, registers: [registry], collect });
  const pilots = new Gauge({
    name: 'glidein_group_pilots',
    help: 'Pilots by phase.',
    labelNames: [...labelNames, 'phase'] as const,
    registers: [registry],
    collect,
  });
  const limited = limitGauge(registry, collect);
  const wanted = gauge('glidein_group_wanted', 'Pilots that the group should have.');
  const demand = gauge('glidein_group_demand', 'Pilots that the waiting jobs could fill.');
  const ready = gauge('glidein_group_ready', '1 while pilots can be created, by the condition Ready.');
  const suspended = gauge(
    'glidein_group_suspended',
    '1 while the group is suspended: it is not ready, and nothing is wrong.',
  );
  const breaker = gauge('glidein_group_breaker_open', '1 while failures of pilots hold back new ones.');
  const quarantined = gauge(
    'glidein_group_quarantined_nodes',
    'Nodes that new pilots are kept away from, because payloads cannot run there.',
  );
  const known = gauge(
    'glidein_group_demand_known',
    '1 while the pool says which jobs wait; while it does not, none is added and none removed.',
  );
  return {
    seen({ namespace, name: group }, facts) {
      wanted.set({ namespace, group }, facts.wanted);
      demand.set({ namespace, group }, facts.demand);
      ready.set({ namespace, group }, facts.ready ? 1 : 0);
      suspended.set({ namespace, group }, facts.suspended ? 1 : 0);
      breaker.set({ namespace, group }, facts.breakerOpen ? 1 : 0);
      quarantined.set({ namespace, group }, facts.quarantinedNodes);
      known.set({ namespace, group }, facts.demandKnown ? 1 : 0);
      limited.set({ namespace, group }, facts.limits);
      for (const phase of phases) pilots.set({ namespace, group, phase }, facts.phases[phase] ?? 0);
    },
    gone({ namespace, name: group }) {
      for (const each of [wanted, demand, ready, suspended, breaker, quarantined, known])
        each.remove({ namespace, group });
      limited.set({ namespace, group }, []);
      for (const phase of phases) pilots.remove({ namespace, group, phase });
    },
  };
}

/** The limits that bite; a group has no series for the others. */
function limitGauge(registry: Registry, collect: ReturnType<typeof forgetsUnless>) {
  const limited = new Gauge({
    name: 'glidein_group_limited_pilots',
    help: 'Pilots that a limit keeps the group from having; limits that cost none are left out.',
    labelNames: [...labelNames, 'limit'] as const,
    registers: [registry],
    collect,
  });
  /** By `NAMESPACE/GROUP`. */
  const present = new Map<string, readonly string[]>();
  return {
    set(labels: { readonly namespace: string; readonly group: string }, limits: GroupFacts['limits']) {
      const name = `${labels.namespace}/${labels.group}`;
      for (const limit of present.get(name) ?? []) limited.remove({ ...labels, limit });
      for (const { name: limit, count } of limits) limited.inc({ ...labels, limit }, count);
      if (limits.length === 0) present.delete(name);
      else
        present.set(
          name,
          limits.map((limit) => limit.name),
        );
    },
  };
}

interface PilotCounters extends Pick<GroupMetrics, 'created' | 'failed' | 'lost' | 'started' | 'gone'> {
  seen(group: GroupName): void;
}

function pilotCounters(registry: Registry): PilotCounters {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const lost = counter('glidein_group_pilots_lost_total', 'Pilots that failed after they registered.');
  const created = counter('glidein_group_pilots_created_total', 'Pilots that this process created.');
  const failed = counter('glidein_group_pilots_failed_total', 'Pilots that failed before they registered.');
  const seconds = new Histogram({
    name: 'glidein_pod_create_seconds',
    help: 'Seconds that the API server took to create a pod.',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 15, 30],
    registers,
  });
  const steps = new Histogram({
    name: 'glidein_pilot_start_seconds',
    help: 'Time of each step in which a pilot comes to work: Scheduled, Prepared, Pulled, Registered, Claimed.',
    labelNames: ['step'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
    registers,
  });
  return {
    created({ namespace, name: group }, milliseconds) {
      created.inc({ namespace, group });
      seconds.observe(milliseconds / 1000);
    },
    // From zero on: of a series that begins with ten, nobody can tell that it has grown.
    seen({ namespace, name: group }) {
      for (const each of [created, failed, lost]) each.inc({ namespace, group }, 0);
    },
    gone({ namespace, name: group }) {
      for (const each of [created, failed, lost]) each.remove({ namespace, group });
    },
    failed: ({ namespace, name: group }) => failed.inc({ namespace, group }),
    lost: ({ namespace, name: group }) => lost.inc({ namespace, group }),
    started(over) {
      for (const { step, seconds: took } of over) steps.observe({ step }, took);
    },
  };
}
