import type { Clock } from '#base/clock.ts';
import { controllerMetrics } from '#controller/controller-metrics.ts';
import { phases } from '#fleet/phase.ts';
import { groupMetrics } from '#groups/group/metrics.ts';
import { policyMetrics } from '#groups/policy/metrics.ts';
import { informerMetrics } from '#kube/informer-metrics.ts';
import { transportMetrics } from '#kube/transport-metrics.ts';
import type { Claim, Job } from '#pool/jobs/job.ts';
import { createMetrics, type Registry } from '#telemetry/metrics.ts';
import type { Outcome } from '#wire/outcome.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { slotTexts } from './ads.ts';
import type { TestPool } from './test-pool.ts';

interface Size {
  readonly pilots: number;
  readonly groups: number;
  readonly submitters: number;
}

const connection = { send: () => undefined, sendPrinted: () => undefined, close: () => undefined };

/** Every way in which an execution ends. */
const ends: readonly (readonly [Job['state'], Outcome | undefined])[] = [
  ['Running', { kind: 'exited', exitCode: 0 }],
  ['Running', { kind: 'exited', exitCode: 1 }],
  ['Running', { kind: 'startFailed', blame: 'pilot', holdCode: 6, reason: 'no image' }],
  ['Running', { kind: 'outputFailed', holdCode: 12, reason: 'no file' }],
  ['Running', { kind: 'exceeded', holdCode: 34, reason: 'memory' }],
  ['Running', { kind: 'stopped', reason: 'the node goes away' }],
  ['Held', undefined],
  ['Removed', undefined],
  ['Idle', undefined],
  ['Running', undefined],
];

/** A pool as full of names as its metrics can get: groups in which everything has happened, services, scores, nodes, users. */
export function fillPool({ core }: TestPool, { pilots, groups, submitters }: Size): void {
  for (let index = 0; index < pilots; index += 1) {
    const services = [0, 1, 2].map((each) => `[Name="s${(index + each) % 50}";Phase="Ready";Restarts=1]`);
    core.collector.register(
      {
        type: 'hello',
        protocol: protocolVersion,
        uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
        name: `pilot-name-${index}`,
        group: `group-${index % groups}`,
        site: 'here',
        slot: slotTexts({
          GLIDEIN_Node: `"node-${index % 997}"`,
          GLIDEIN_Services: `{${services.join()}}`,
          HS23: String(index % 17),
          HS23_At: '1700000000',
          HS23_Cached: 'false',
        }),
        retireIn: 86_400,
        draining: false,
        claims: [],
      },
      connection,
    );
  }
  for (let index = 0; index < submitters; index += 1)
    core.metrics.use?.charge(`user"${index}\n}${'x'.repeat(index % 200)}`, 1);
  for (let index = 0; index < groups * ends.length; index += 1) endOne(core, index, groups);
}

function endOne(core: TestPool['core'], index: number, groups: number): void {
  const [state, outcome] = ends[index % ends.length] ?? ['Running', undefined];
  const group = `group-${Math.floor(index / ends.length) % groups}`;
  const attempt = { epoch: 1, group, claimedAt: 0, startedAt: 10, endedAt: 60_000, outcome };
  const uid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const claim = { ref: { epoch: 1 }, pilotUid: uid, site: 'here', takes: { cpus: 1 } };
  const slot = () => core.collector.get(uid)?.facts.slot;
  core.metrics.executions.claimEnded(
    { state, attempts: [attempt] } as unknown as Job,
    claim as unknown as Claim,
    60_000,
    slot,
  );
}

/** The metrics of an operator with so many groups, each with a policy of its own, with every phase and with three limits that bite. */
export function fullOperator(groups: number, clock: Clock): Registry {
  const registry = createMetrics();
  const metrics = groupMetrics(registry, clock, () => true);
  const counts = Object.fromEntries(phases.map((phase) => [phase, 10]));
  for (let index = 0; index < groups; index += 1) {
    const group = { namespace: `namespace-${index % 10}`, name: `group-${index}` };
    const limits = ['maxPilots', 'maxPending', 'createPerMinute'].map((name) => ({ name, count: 3 }));
    metrics.seen(group, {
      phases: counts,
      wanted: 100,
      demand: 200,
      ready: true,
      suspended: false,
      breakerOpen: false,
      quarantinedNodes: 3,
      demandKnown: true,
      limits,
    } as never);
    metrics.created(group, 20);
    metrics.failed(group);
    metrics.lost(group);
    for (let node = 0; node < 100; node += 1) metrics.failedOn(`node-${node}-${index}`);
  }
  const policies = Array.from({ length: groups }, (_, index) => ({
    metadata: { namespace: `namespace-${index % 10}`, name: `policy-${index}` },
    status: { jobs: 10, unrunnable: 1 },
  }));
  policyMetrics(
    registry,
    () => policies as never,
    () => true,
  );
  fillMachinery(registry);
  return registry;
}

/** What every operator has, however large its cluster is. */
function fillMachinery(registry: Registry): void {
  const resources = [
    'pods',
    'statefulsets',
    'glideinpools',
    'glideingroups',
    'pressurepolicies',
    'imagesets',
  ];
  const transport = transportMetrics(registry);
  const informers = informerMetrics(registry);
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
    transport.seconds.observe({ method }, 0.01);
    for (const status of ['0', '200', '403', '404', '409', '429', '500', '503']) {
      transport.requests.inc({ method, status });
      if (status !== '200')
        for (const resource of resources) transport.errors.inc({ method, resource, status });
    }
  }
  for (const resource of resources) {
    informers.lists.inc({ resource });
    informers.watches.inc({ resource });
    informers.failures.inc({ resource, reason: 'Expired' });
    informers.objects.set({ resource }, 1);
    for (const type of ['ADDED', 'MODIFIED', 'DELETED']) informers.events.inc({ resource, type });
  }
  const metricsOf = controllerMetrics(registry);
  for (const controller of ['pool', 'images', 'policy', 'group']) {
    const metrics = metricsOf(controller);
    metrics.depth(1);
    metrics.waited(1);
    for (const result of ['done', 'requeue', 'error', 'timeout'] as const)
      metrics.reconciled(result as never, 10);
  }
}

/** How many series a text of Prometheus has. */
export const seriesIn = (text: string): number =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
