import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { groups } from '#groups/cluster/resources.ts';
import { define, pods } from '#kube/resource.ts';
import { eventually } from '#testing/eventually.ts';
import { GroupsSite, startGroupsWorld } from '#testing/groups-world.ts';
import type { KubeWorld } from '#testing/kube-world.ts';
import { OtlpReceiver, otlpReceiver } from '#testing/otlp-receiver.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { jobsAnswer } from '#wire/jobs.ts';
import { pilotsAnswer } from '#wire/pilots.ts';
import { whyAnswer } from '#wire/why.ts';

let world: KubeWorld;
let site: GroupsSite;
let number = 0;
/** Undefined: this machine has none. */
let receiver: OtlpReceiver | undefined;

beforeAll(async () => {
  const { program } = otlpReceiver;
  if (program !== undefined) receiver = await OtlpReceiver.start(program);
  world = await startGroupsWorld();
});
afterAll(async () => {
  await receiver?.stop();
  await world?.stop();
});
beforeEach(async () => {
  site = await GroupsSite.start(world, `pilots-${++number}`);
  const { proxy } = await world.behindProxy();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver?.url ?? '', OTEL_BSP_SCHEDULE_DELAY: '20' };
  await site.operator(proxy, { environment: receiver === undefined ? {} : variables });
});
afterEach(() => site.stop());

const minuteAgo = () => new Date(Date.now() - 60_000).toISOString();
const now = () => new Date().toISOString();

const running = () => ({
  phase: 'Running',
  containerStatuses: [containerOf({ running: { startedAt: now() } })],
});
const containerOf = (state: object) => ({
  name: 'pilot',
  image: 'i',
  imageID: 'sha256:1',
  ready: false,
  restartCount: 0,
  state,
});
const ended = (exitCode: number, message: string) => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  containerStatuses: [
    containerOf({
      terminated: { exitCode, message, reason: 'Error', startedAt: minuteAgo(), finishedAt: now() },
    }),
  ],
});

/** Reports, as a kubelet, that the pod runs, and registers the pilot in it. */
async function startPilot(name: string): Promise<ScriptedPilot> {
  await site.kubelet(name, running());
  const uid = site.witnessed.get(name)?.[0] ?? '';
  const token = await site.pool.token('pilot', uid);
  return eventually(() =>
    ScriptedPilot.start({
      url: site.pool.url,
      token,
      uid,
      slot: { Cpus: '4', Memory: '4096', Disk: '2097152' },
      hello: { name, group: 'g', site: 'here' },
    }),
  );
}

const statusOf = async () => (await site.read()).status;
const conditionOf = async (type: string) =>
  (await statusOf())?.conditions?.find((each) => each.type === type);

test('a pod that is made for waiting jobs tells its pilot to prepare their images', async () => {
  await site.policy();
  const runtime = { images: { remote: { registries: ['docker.io'] } } };
  await site.group({ pilot: { cpus: 4, memory: '4Gi', disk: '2Gi', runtime } });
  await site.submit(1, { ContainerImage: '"docker://debian:12"' });
  await eventually(async () => {
    const [pod] = await site.pods();
    expect(JSON.parse(pod?.metadata.annotations?.['glidein.dev/order'] ?? '{}')).toMatchObject({
      spec: { runtime: { images: { prepare: ['docker://debian:12'] } } },
    });
  });
});

test('a dead pilot’s job runs again when the kubelet proves the death, and not before', async () => {
  await site.policy();
  await site.group();
  await site.submit(1);
  await eventually(() => expect(site.witnessed.has('g-0')).toBe(true));
  const first = await startPilot('g-0');
  first.started(await first.next('start'));
  await eventually(async () => expect((await statusOf())?.pilots?.busy).toBe(1));
  first.cut();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  // The job still belongs to this pilot, so no other pilot is needed.
  expect(site.witnessed.size).toBe(1);
  await site.kubelet('g-0', ended(137, 'killed'));
  await eventually(() => expect(site.witnessed.has('g-1')).toBe(true));
  await eventually(async () => expect((await statusOf())?.pilots?.failed).toBe(1));
  const second = await startPilot('g-1');
  await second.run(await second.next('start'));
  const { jobs } = await site.pool.client('submitter').json('/v1/jobs/1.0', jobsAnswer);
  const [lost, completed] = jobs[0]?.attempts ?? [];
  expect(lost).toMatchObject({ pilotUid: first.uid, reason: expect.stringContaining('exit code 137') });
  expect(completed).toMatchObject({ pilotUid: second.uid, outcome: { kind: 'exited', exitCode: 0 } });
});

test.skipIf(otlpReceiver.program === undefined)(
  `a pod has its span in an annotation, and the operator tells it once the pilot has registered${otlpReceiver.program ? '' : ` (${otlpReceiver.absence})`}`,
  async () => {
    await site.policy();
    await site.group();
    await site.submit(1);
    await eventually(() => expect(site.witnessed.has('g-0')).toBe(true));
    const [pod] = await site.pods();
    const annotation = pod?.metadata.annotations?.['glidein.dev/traceparent'];
    const [, traceId = '', spanId] = annotation?.split('-') ?? [];
    expect(receiver?.spansOf(traceId)).toEqual([]);
    await startPilot('g-0');
    await eventually(() => expect(receiver?.spansOf(traceId)).toHaveLength(2));
    const spans = receiver?.spansOf(traceId) ?? [];
    expect(spans.find(({ name }) => name === 'pod')).toMatchObject({
      spanId,
      parentSpanId: '',
      service: 'glidein-operator',
      attributes: { 'glidein.pilot': 'g-0', 'glidein.group': 'g', 'k8s.namespace.name': site.namespace },
    });
    expect(spans.find(({ name }) => name === 'pull image and start')).toMatchObject({ parentSpanId: spanId });
  },
);

test('the job of a pod that was deleted by force waits for the lease, because that proves no death', async () => {
  await site.policy();
  await site.group();
  await site.submit(1);
  await eventually(() => expect(site.witnessed.has('g-0')).toBe(true));
  const pilot = await startPilot('g-0');
  pilot.started(await pilot.next('start'));
  await eventually(async () => expect((await statusOf())?.pilots?.busy).toBe(1));
  pilot.cut();
  const key = { namespace: site.namespace, name: 'g-0' };
  await world.direct.delete(pods, key, { gracePeriodSeconds: 0 });
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(site.witnessed.size).toBe(1);
});

/** The user reads in the pool what the operator reads in the condition: why the first job waits, and the group in the list. */
async function expectTold(kind: string, words: string): Promise<void> {
  const reader = site.pool.client('submitter');
  await eventually(async () => {
    const answer = await reader.json('/v1/jobs/1/why', whyAnswer);
    expect(answer).toMatchObject({ kind, summary: expect.stringContaining(words) });
    const { bidders } = await reader.json('/v1/pilots', pilotsAnswer);
    expect(bidders[0]?.groups[0]?.blocked).toContain(words);
  });
}

test('pilots that all fail open the breaker, and their own message is reported', async () => {
  await site.policy();
  await site.group({ breaker: { failures: 3, probeAfter: '2s' } });
  await site.submit(2);
  for (let pilot = 0; pilot < 3; pilot++) {
    await eventually(() => expect(site.witnessed.has(`g-${pilot}`)).toBe(true));
    await site.kubelet(`g-${pilot}`, ended(9, 'no apptainer can run a container here'));
  }
  await eventually(async () => expect((await statusOf())?.breaker?.state).not.toBe('Closed'));
  const healthy = await conditionOf('Healthy');
  expect(healthy).toMatchObject({ status: 'False', reason: 'BreakerOpen' });
  expect(healthy?.message).toContain('no apptainer can run a container here');
  await expectTold('groupBlocked', 'no apptainer can run a container here');
  // A restarted operator keeps the breaker open, because it learns enough from the pods.
  await site.restartOperators();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect((await conditionOf('Healthy'))?.reason).toBe('BreakerOpen');
  // One pilot was being created when the breaker opened. After the pause, and when that one is gone, another is tried.
  await site.kubelet('g-3', ended(9, 'still none')).catch(() => {});
  const before = site.witnessed.size;
  await eventually(() => expect(site.witnessed.size).toBe(before + 1));
  await startPilot([...site.witnessed.keys()].at(-1) ?? '');
  await eventually(async () => expect((await conditionOf('Healthy'))?.status).toBe('True'));
});

test('a node on which a pilot could not start payloads is named in the status, and the next pilots keep away from it', async () => {
  await site.group({ replicas: 2, badNodes: { avoidFor: '1h' } });
  for (const [name, node] of [
    ['g-0', 'n1'],
    ['g-1', 'n2'],
  ] as const) {
    await eventually(() => expect(site.witnessed.has(name)).toBe(true));
    const path = `/api/v1/namespaces/${site.namespace}/pods/${name}/binding`;
    await world.direct.raw({ method: 'POST', path, body: { metadata: { name }, target: { name: node } } });
    const pilot = await startPilot(name);
    pilot.cut();
    await site.kubelet(name, ended(9, '3 payloads in a row could not be started here'));
  }
  await eventually(async () => {
    const { message } = (await conditionOf('Healthy')) ?? {};
    expect(message).toMatch(/g-\d on n\d: 3 payloads in a row could not be started here \(exit code 9\)/);
    expect(message).toContain('Pilots keep away from n1, n2 for a while');
  });
  const away = (node: string) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] });
  await eventually(async () => {
    const affinities = (await site.pods()).map(({ spec }) => spec?.affinity?.nodeAffinity);
    expect(affinities).toContainEqual({
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [away('n1'), away('n2')] }],
      },
    });
  });
});

test('a full quota is reported in a condition, and the pilots come once there is room', async () => {
  const quotas = define('v1', 'resourcequotas', 'ResourceQuota');
  const quota = { metadata: { name: 'q', namespace: site.namespace }, spec: { hard: { pods: '2' } } };
  await world.direct.create(quotas, quota as object);
  const status = { status: { hard: { pods: '2' }, used: { pods: '0' } } };
  await world.direct.mergePatchStatus(quotas, quota.metadata, status as object);
  await site.policy();
  await site.group();
  await site.submit(4);
  await eventually(async () =>
    expect(await conditionOf('Ready')).toMatchObject({
      status: 'False',
      reason: 'QuotaExhausted',
      message: expect.stringContaining('raise the ResourceQuota q'),
    }),
  );
  expect(site.witnessed.size).toBe(2);
  await expectTold('groupBlocked', 'raise the ResourceQuota q');
  expect((await statusOf())?.decision).toBe((await conditionOf('Ready'))?.message);
  const more = { spec: { hard: { pods: '9' } }, status: { hard: { pods: '9' } } };
  await world.direct.mergePatchStatus(quotas, quota.metadata, more as object);
  await eventually(() => expect(site.witnessed.size).toBe(4));
  expect([...site.witnessed.keys()].sort()).toEqual(['g-0', 'g-1', 'g-2', 'g-3']);
});

test('the isolation that works is found by probe pods before the first pilot', async () => {
  await site.policy();
  await site.group({ isolation: 'Auto' });
  await site.submit(1);
  const probe = (letter: string) =>
    eventually(() => {
      const name = [...site.witnessed.keys()].find((each) => each.endsWith(`-${letter}`));
      if (name === undefined) throw new Error(`no probe pod ${letter}`);
      return name;
    });
  const first = await probe('a');
  await eventually(async () => expect((await conditionOf('Ready'))?.reason).toBe('ProbingIsolation'));
  await site.kubelet(first, ended(9, 'user namespaces are off'));
  await site.kubelet(await probe('b'), ended(0, '{"tier":"B","arch":"x64","kernel":"6.18"}'));
  await eventually(() => expect(site.witnessed.has('g-0')).toBe(true));
  await eventually(async () =>
    expect((await statusOf())?.isolation).toMatchObject({ tier: 'Shared', node: 'x64, kernel 6.18' }),
  );
  expect((await conditionOf('Ready'))?.message).toContain('user namespaces are off');
  const [pilot, ...others] = await site.pods();
  expect(others).toEqual([]);
  expect(pilot?.spec?.hostUsers ?? true).toBe(true);
});

test('without an isolation that works there are no pilots, and the condition says what to change', async () => {
  await site.policy();
  await site.group({ isolation: 'Auto' });
  await site.submit(1);
  for (const letter of ['a', 'b']) {
    const name = await eventually(() => {
      const found = [...site.witnessed.keys()].find((each) => each.endsWith(`-${letter}`));
      if (found === undefined) throw new Error(`no probe pod ${letter}`);
      return found;
    });
    await site.kubelet(name, ended(9, 'not allowed to create user namespace'));
  }
  await eventually(async () => expect((await conditionOf('Ready'))?.reason).toBe('NoIsolationWorks'));
  const message = (await conditionOf('Ready'))?.message;
  expect(message).toContain('not allowed to create user namespace');
  expect(message).toContain('seccomp');
  await expectTold('groupBlocked', 'not allowed to create user namespace');
  expect(site.witnessed.has('g-0')).toBe(false);
});

test('a suspended group drains its pilots, and gets new ones when it is resumed', async () => {
  await site.policy();
  await site.group();
  await site.submit(2);
  await eventually(() => expect(site.witnessed.size).toBe(2));
  const pilot = await startPilot('g-0');
  await pilot.next('start');
  const key = { namespace: site.namespace, name: 'g' };
  await world.direct.mergePatch(groups, key, { spec: { suspend: true } });
  await pilot.next('drain', () => true, 15_000);
  await eventually(async () =>
    expect((await site.pods()).map(({ metadata }) => metadata.name)).toEqual(['g-0']),
  );
  await eventually(async () => expect((await statusOf())?.wanted).toBe(0));
  await world.direct.mergePatch(groups, key, { spec: { suspend: false } });
  await eventually(() => expect(site.witnessed.has('g-2')).toBe(true));
});

test('nothing is created or removed while the pool is unreachable', async () => {
  await site.policy();
  await site.group();
  await site.submit(2);
  await eventually(() => expect(site.witnessed.size).toBe(2));
  await site.stopPool();
  await eventually(async () => expect((await conditionOf('PressureKnown'))?.status).toBe('False'));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(site.witnessed.size).toBe(2);
  expect(await site.pods()).toHaveLength(2);
});
