import { afterEach, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { controllerMetrics } from '#controller/controller-metrics.ts';
import { Manager } from '#controller/manager.ts';
import type { Runnable } from '#controller/runnable.ts';
import type { Leadership } from '#kube/lease.ts';
import type { KubeObject } from '#kube/object.ts';
import type { Pod, ResourceKind } from '#kube/resource.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { ClusterCopy } from '#testing/cluster-copy.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPool } from '#testing/scripted-pool.ts';
import { groupIndices, podIndices } from './cluster/informers.ts';
import type { GroupResource, PolicyResource, PoolResource } from './cluster/resources.ts';
import { type GroupDependencies, groupControllers } from './controllers.ts';

const over: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of over.splice(0)) await end();
});

const meta = (name: string, more: object = {}) => ({
  namespace: 'ns',
  name,
  uid: name,
  resourceVersion: '1',
  generation: 1,
  ...more,
});

const groupOf = (replicas: number, version: number): GroupResource =>
  ({
    metadata: meta('g', { resourceVersion: String(version), generation: version }),
    spec: glideinGroupSpec.parse({
      poolRef: { name: 'p' },
      replicas,
      isolation: 'Shared',
      pilot: { cpus: 1, memory: '1Gi', disk: '1Gi' },
    }),
  }) as GroupResource;

/** An API server that keeps nothing but what the copies show, and a program that may lead again and again. */
function cluster() {
  const informers = {
    pools: new ClusterCopy<PoolResource>({}),
    groups: new ClusterCopy<GroupResource, 'pool' | 'policy'>(groupIndices),
    policies: new ClusterCopy<PolicyResource>({}),
    pods: new ClusterCopy<Pod, 'pool' | 'group'>(podIndices),
  };
  /** Milliseconds by which its clock is ahead. */
  const time = { ahead: 0 };
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + time.ahead };
  const created: string[] = [];
  const deleted: string[] = [];
  /** What happens while a pod is being created. */
  const meanwhile = { create: () => {} };
  let version = 100;
  const client = {
    list: async ({ kind }: ResourceKind<KubeObject>) => ({
      items: kind === 'Pod' ? [...informers.pods.store.all()] : [],
    }),
    find: async () => undefined,
    apply: async () => ({}),
    create: async (_kind: unknown, pod: Pod) => {
      created.push(pod.metadata.name);
      meanwhile.create();
      informers.pods.put({ ...pod, metadata: { ...pod.metadata, ...meta(pod.metadata.name) } });
    },
    delete: async (_kind: unknown, { name }: { readonly name: string }) => deleted.push(name),
    mergePatchStatus: async (_kind: unknown, _key: unknown, { status }: { readonly status: object }) => {
      const [group] = informers.groups.store.all();
      if (group === undefined) throw new Error('the group was deleted');
      version += 1;
      const written = {
        ...group,
        metadata: { ...group?.metadata, resourceVersion: String(version) },
        status: { ...group?.status, ...status },
      } as GroupResource;
      informers.groups.put(written);
      return written;
    },
  };
  const pool = new ScriptedPool();
  informers.pools.put({
    metadata: meta('p'),
    spec: { type: 'Embedded' },
    status: { address: 'https://p' },
  } as never);
  const reconciled: string[] = [];
  const destination = {
    write: (line: string) =>
      void (line.includes('"reconciled"') && reconciled.push(JSON.parse(line).controller)),
  };
  const registry = createMetrics();
  const logger = createLogger('test', { level: 'debug', destination });
  const dependencies = {
    client,
    informers,
    openPool: async () => pool,
    recorder: { record: () => {} },
    clock,
    random: Math.random,
    logger,
    registry,
    metricsOf: controllerMetrics(registry),
    isLeading: () => true,
    settings: { site: 'here', image: 'i' },
  } as unknown as GroupDependencies;
  /** Another operator of the same cluster. */
  const operator = () => {
    const registry = createMetrics();
    const term = { isLeading: () => false };
    const own = { registry, metricsOf: controllerMetrics(registry), isLeading: () => term.isLeading() };
    return { registry, lead: program(groupControllers({ ...dependencies, ...own }), term) };
  };
  return {
    ...informers,
    pool,
    created,
    deleted,
    reconciled,
    runnables: groupControllers(dependencies),
    operator,
    meanwhile,
    time,
  };
}

/**
 * A program with these controllers.
 * @param term learns whether it leads
 * @returns what makes it the leader, which returns what ends that term
 */
function program(
  runnables: readonly Runnable[],
  term: { isLeading: () => boolean } = { isLeading: () => false },
): () => () => Promise<void> {
  let next = Promise.withResolvers<Leadership>();
  const ending = new AbortController();
  const manager = new Manager({
    informers: [],
    runnables,
    election: {
      async acquire(signal) {
        const leadership = await Promise.race([next.promise, aborted(signal)]);
        next = Promise.withResolvers();
        return leadership;
      },
    },
    clock: systemClock,
    logger: createLogger('test', { level: 'silent' }),
    registry: createMetrics(),
  });
  term.isLeading = () => manager.leading;
  const running = manager.run(ending.signal);
  over.push(async () => {
    ending.abort();
    await running;
  });
  return () => {
    const term = new AbortController();
    const released = Promise.withResolvers<void>();
    next.resolve({
      signal: term.signal,
      holds: () => !term.signal.aborted,
      release: async () => released.resolve(),
    });
    return async () => {
      term.abort();
      await released.promise;
    };
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

it('a leader of a second term creates, deletes and drains nothing before the pool has answered in it', async () => {
  const { groups, pool, created, deleted, reconciled, runnables, time } = cluster();
  const lead = program(runnables);
  groups.put(groupOf(0, 1));
  const endTerm = lead();
  await eventually(() => expect(pool.answered).toBeGreaterThan(0));
  await eventually(() => expect(reconciled).toContain('group'));
  await endTerm();
  // Another leader has its time, and the group is to have two pilots.
  groups.put(groupOf(2, 50));
  const answer = Promise.withResolvers<void>();
  const demand = pool.demand.bind(pool);
  pool.demand = async (bid, signal) => {
    await Promise.race([answer.promise, ...(signal === undefined ? [] : [aborted(signal)])]);
    return demand(bid, signal);
  };
  // Statuses may be written again, and what the pool said is still young.
  time.ahead += 2000;
  reconciled.length = 0;
  lead();
  await eventually(() =>
    expect(reconciled.filter((controller) => controller === 'group').length).toBeGreaterThan(0),
  );
  groups.put(groupOf(2, 60));
  await eventually(() =>
    expect(reconciled.filter((controller) => controller === 'group').length).toBeGreaterThan(1),
  );
  expect([created, deleted, pool.drained]).toEqual([[], [], []]);
  answer.resolve();
  await eventually(() => expect(created).toHaveLength(2));
  expect([deleted, pool.drained]).toEqual([[], []]);
});

it('a former leader no longer tells how groups and policies are, so what two operators tell can be added up', async () => {
  const { groups, policies, operator } = cluster();
  const [one, other] = [operator(), operator()];
  const gauges = async ({ registry }: ReturnType<typeof operator>) =>
    (await registry.metrics()).match(/^glidein_(group_(?!pilots_)|policy_)[a-z_]+\{/gm) ?? [];
  policies.put({ metadata: meta('q'), spec: {}, status: { jobs: 3 } } as never);
  groups.put(groupOf(0, 1));
  const endTerm = one.lead();
  await eventually(async () => expect((await gauges(one)).length).toBeGreaterThan(0));
  const told = (await gauges(one)).length;
  expect(await gauges(other)).toEqual([]);
  await endTerm();
  expect(await gauges(one)).toEqual([]);
  // What it did stays what it did.
  expect(await one.registry.metrics()).toContain('glidein_group_pilots_created_total{');
  other.lead();
  await eventually(async () => expect(await gauges(other)).toHaveLength(told));
  expect(await gauges(one)).toEqual([]);
});

it('nothing is told of a group that was deleted while its pilots were being created', async () => {
  const { groups, operator, created, meanwhile, reconciled } = cluster();
  meanwhile.create = () => groups.remove(groupOf(1, 1));
  groups.put(groupOf(1, 1));
  const one = operator();
  one.lead();
  await eventually(() => expect(created).toHaveLength(1));
  await eventually(() => expect(reconciled).toContain('group'));
  expect(await one.registry.metrics()).not.toContain('group="g"');
});

it('a group whose specification cannot be read is told as not ready, whatever it was before', async () => {
  const { groups, operator } = cluster();
  groups.put(groupOf(1, 1));
  const one = operator();
  one.lead();
  await eventually(async () => expect(await one.registry.metrics()).toMatch(/glidein_group_ready\{.*\} 1/));
  const broken = groupOf(2, 1);
  groups.put({ ...broken, spec: { ...broken.spec, pilot: { cpus: 'many' } } as never });
  await eventually(async () => expect(await one.registry.metrics()).toMatch(/glidein_group_ready\{.*\} 0/));
  expect(await one.registry.metrics()).toMatch(/glidein_group_wanted\{.*\} 0/);
});
