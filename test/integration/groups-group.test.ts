import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type GroupResource, groups } from '#groups/cluster/resources.ts';
import { eventually } from '#testing/eventually.ts';
import type { Fault, FaultProxy, SeenRequest } from '#testing/fault-proxy.ts';
import { GroupsSite, kill, startGroupsWorld } from '#testing/groups-world.ts';
import type { KubeWorld } from '#testing/kube-world.ts';

let world: KubeWorld;
let site: GroupsSite;
let number = 0;

beforeAll(async () => {
  world = await startGroupsWorld();
});
afterAll(() => world?.stop());
beforeEach(async () => {
  site = await GroupsSite.start(world, `groups-${++number}`);
});
afterEach(() => site.stop());

/** Waits until nothing happens any more: the group's status has not changed for a while. */
async function rests(): Promise<void> {
  let before = '';
  for (let still = 0; still < 6; ) {
    const { resourceVersion = '' } = (await site.read()).metadata;
    const now = `${resourceVersion} ${site.witnessed.size}`;
    still = now === before ? still + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Checks that each reserved number was used for exactly one pod. */
async function expectPods(count: number): Promise<void> {
  const { reservedNumbers } = (await site.read()).status ?? {};
  expect([...site.witnessed.keys()].sort()).toEqual(
    Array.from({ length: count }, (_, index) => `g-${index}`).sort(),
  );
  for (const uids of site.witnessed.values()) expect(uids).toHaveLength(1);
  expect(reservedNumbers).toEqual({ next: count, ranges: [] });
}

const isWrite = ({ method }: SeenRequest): boolean => method !== 'GET';
const isCreation = ({ method, path }: SeenRequest): boolean => method === 'POST' && path.endsWith('/pods');

test('five jobs get five pods, and no more while these are starting', async () => {
  await site.policy();
  await site.group();
  await site.submit(5);
  const { proxy } = await world.behindProxy();
  await site.operator(proxy);
  await eventually(() => expect(site.witnessed.size).toBe(5));
  await rests();
  await expectPods(5);
  const { status } = await site.read();
  expect(status).toMatchObject({ demand: 5, wanted: 5, replicas: 5, running: 0 });
  expect(status?.pilots?.unscheduled).toBe(5);
  const conditions = Object.fromEntries(status?.conditions?.map(({ type, status: is }) => [type, is]) ?? []);
  expect(conditions).toEqual({ Ready: 'True', PressureKnown: 'True', Healthy: 'True', Progressing: 'True' });
});

test('a group keeps its number of replicas, and follows when it is scaled', async () => {
  await site.group({ replicas: 2 });
  const { proxy } = await world.behindProxy();
  await site.operator(proxy);
  await eventually(() => expect(site.witnessed.size).toBe(2));
  await world.direct.raw({
    method: 'PATCH',
    path: `/apis/glidein.dev/v1alpha1/namespaces/${site.namespace}/glideingroups/g/scale`,
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas: 3 } },
  });
  await eventually(() => expect(site.witnessed.size).toBe(3));
  await rests();
  await expectPods(3);
});

/** Kills the process at its write number `at`: before the server gets it, or after the server has done it. */
function killAt(proxy: FaultProxy, at: number, fault: Fault['kind'] & ('reset' | 'lose')) {
  const killed = Promise.withResolvers<void>();
  let writes = 0;
  return {
    killed: killed.promise,
    aim(child: ChildProcess) {
      proxy.fault = (request) => {
        if (!isWrite(request) || ++writes !== at) return undefined;
        child.kill('SIGKILL');
        child.once('exit', () => killed.resolve());
        return { kind: fault };
      };
    },
  };
}

const many = { limits: { maxPilots: 500, maxPending: 500, createPerMinute: 6000 } };

test('an operator that is killed at each of its writes creates one pod for each job', async () => {
  const rounds = 20;
  await site.policy();
  await site.group(many);
  let trapped = 0;
  for (let round = 0; round < rounds; round++) {
    await site.submit(3);
    const { proxy } = await world.behindProxy();
    const trap = killAt(proxy, 1 + (round % 10), round % 4 < 2 ? 'reset' : 'lose');
    const child = await site.operator(proxy);
    trap.aim(child);
    const isTrapped = trap.killed.then(() => 1);
    const isLate = new Promise<number>((resolve) => setTimeout(() => resolve(0), 6000));
    trapped += await Promise.race([isTrapped, isLate]);
    await kill(child);
  }
  // Some of the kills hit a creation.
  expect(trapped).toBeGreaterThan(rounds / 2);
  const { proxy } = await world.behindProxy();
  await site.operator(proxy);
  await eventually(() => expect(site.witnessed.size).toBe(3 * rounds), 60_000);
  await rests();
  await expectPods(3 * rounds);
}, 300_000);

test('two operators at once, one with late requests, create one pod for each job', async () => {
  await site.policy();
  await site.group(many);
  for (let operator = 0; operator < 2; operator++) {
    const { proxy } = await world.behindProxy();
    proxy.fault = (request) => {
      if (isCreation(request) && Math.random() < 0.2) return { kind: 'lose' };
      const isLate = isCreation(request) || Math.random() < 0.3;
      return isLate ? { kind: 'delay', milliseconds: Math.random() * 800 } : undefined;
    };
    await site.operator(proxy);
  }
  for (let jobs = 5; jobs <= 40; jobs += 5) {
    await site.submit(5);
    await eventually(() => expect(site.witnessed.size).toBeGreaterThanOrEqual(jobs));
  }
  await rests();
  await expectPods(40);
}, 120_000);

test('a start expression that does not parse stops its own group and no other', async () => {
  const { namespace } = site;
  await site.policy();
  await site.group({ pilot: { cpus: 4, memory: '4Gi', disk: '2Gi', start: '(((' } });
  const good = { ...(await site.read()).spec, pilot: { cpus: 4, memory: '4Gi', disk: '2Gi' } } as object;
  await world.direct.create(groups, { metadata: { name: 'good', namespace }, spec: good as never });
  await site.submit(2);
  const { proxy } = await world.behindProxy();
  await site.operator(proxy);
  await eventually(() => expect([...site.witnessed.keys()].sort()).toEqual(['good-0', 'good-1']), 30_000);
  await eventually(async () => {
    const { status, metadata } = await site.read();
    expect(status?.observedGeneration).toBe(metadata.generation);
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'InvalidExpression' });
    expect(ready?.message).toContain('spec.pilot.start');
    expect(ready?.message).toContain('"((("');
  });
  const other = await world.direct.get<GroupResource>(groups, { namespace, name: 'good' });
  expect(other.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
}, 60_000);

test('the status of a group under load is written at most once a second', async () => {
  await site.policy();
  await site.group(many);
  const { proxy } = await world.behindProxy();
  const writes: number[] = [];
  proxy.fault = ({ method, path }) => {
    if (method === 'PATCH' && path.endsWith('/glideingroups/g/status')) writes.push(performance.now());
    return undefined;
  };
  await site.operator(proxy);
  const begun = performance.now();
  for (let round = 0; round < 20; round++) {
    await site.submit(1);
    for (const name of site.witnessed.keys()) {
      await site.kubelet(name, { phase: 'Pending', message: `round ${round}` });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await eventually(() => expect(site.witnessed.size).toBe(20), 60_000);
  const seconds = (performance.now() - begun) / 1000;
  expect(writes.length).toBeGreaterThan(2);
  expect(writes.length).toBeLessThanOrEqual(seconds + 1);
}, 120_000);
