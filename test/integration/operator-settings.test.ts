import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { groups, pools } from '#groups/cluster/resources.ts';
import { secrets } from '#kube/resource.ts';
import { eventually } from '#testing/eventually.ts';
import { startGroupsWorld } from '#testing/groups-world.ts';
import type { KubeWorld } from '#testing/kube-world.ts';

/** Each setting of the operator is passed to the program as by a chart, and its effect is seen in the cluster. */

let world: KubeWorld;
let operator: ChildProcess | undefined;
let log = '';

beforeAll(async () => {
  world = await startGroupsWorld();
  for (const name of ['mine', 'also-mine', 'other', 'operators', 'leases']) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await world.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
  }
  for (const namespace of ['mine', 'also-mine', 'other']) {
    await world.direct.create(pools, {
      metadata: { name: 'main', namespace },
      spec: { type: 'Embedded' } as never,
    });
  }
  await world.direct.create(groups, {
    metadata: { name: 'g', namespace: 'mine' },
    spec: {
      poolRef: { name: 'main' },
      replicas: 1,
      pilot: { cpus: 1, memory: '1Gi', disk: '1Gi' },
    } as never,
  });
});
afterAll(() => world?.stop());
afterEach(() => endOperator());

async function endOperator(): Promise<void> {
  if (operator === undefined) return;
  const ended = once(operator, 'close');
  operator.kill('SIGKILL');
  await ended;
  operator = undefined;
}

function start(...words: string[]): void {
  const entry = resolve(import.meta.dirname, '../../src/bin/operator.ts');
  const always = ['--image', 'example.org/glidein:test', '--kubeconfig', world.plane.kubeconfig];
  const child = spawn(process.execPath, [entry, ...always, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  operator = child;
}

/** The items of a list of the API server. */
async function items(path: string): Promise<string[]> {
  const list = (await world.direct.raw({ method: 'GET', path })) as { items: unknown[] };
  return list.items.map((item) => JSON.stringify(item));
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

test('the operator’s objects have the image, the site, the account and the profile of its settings', async () => {
  const port = await freePort();
  start(
    '--namespaces',
    'mine,also-mine',
    '--site',
    'north',
    '--service-account',
    'pilot-keeper',
    '--operator-namespace',
    'operators',
    '--leader-election-namespace',
    'leases',
    '--pod-name',
    'operator-7',
    '--seccomp-profile',
    'profiles/pilot.json',
    '--listen-address',
    `127.0.0.1:${port}`,
    '--log-level',
    'info',
  );
  await eventually(async () => {
    const [workload = ''] = await items('/apis/apps/v1/namespaces/mine/statefulsets');
    expect(workload).toContain('"image":"example.org/glidein:test"');
  }, 60_000);
  const documents = (await items('/api/v1/namespaces/mine/configmaps')).join('\n').replaceAll('\\', '');
  expect(documents).toContain('"name":"north"');
  expect(documents).toContain('operators:pilot-keeper');
  const leases = await items('/apis/coordination.k8s.io/v1/namespaces/leases/leases');
  expect(leases.join('')).toContain('"holderIdentity":"operator-7_');
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).ok).toBe(true);
  await eventually(async () => {
    expect(await items('/apis/apps/v1/namespaces/also-mine/statefulsets')).toHaveLength(1);
  }, 60_000);
  expect(await items('/apis/apps/v1/namespaces/other/statefulsets')).toEqual([]);
  expect(log).toContain('"msg":"leading"');
  await eventually(async () => {
    const pods = await items('/api/v1/namespaces/mine/pods');
    expect(pods.join('')).toContain('"localhostProfile":"profiles/pilot.json"');
  }, 60_000);
});

test('an operator with silent logging works without writing a line', async () => {
  start('--leader-election-namespace', 'operators', '--log-level', 'silent');
  await eventually(async () => {
    expect(await items('/apis/apps/v1/namespaces/other/statefulsets')).toHaveLength(1);
  }, 60_000);
  expect(log).toBe('');
});

test('--metrics-secret has the token that opens metrics, and the operator writes one; --metrics Open opens its own', async () => {
  const key = { namespace: 'operators', name: 'scrape' };
  const port = await freePort();
  const ask = (token?: string) =>
    fetch(`http://127.0.0.1:${port}/metrics`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    }).then(({ status }) => status);
  const common = ['--namespaces', 'mine', '--operator-namespace', 'operators', '--listen-address'];
  start(...common, `127.0.0.1:${port}`, '--metrics-secret', 'scrape');
  await eventually(async () => expect(await ask('guess')).toBe(401), 60_000);
  await world.direct.create(secrets, { metadata: key, type: 'Opaque' });
  let token = '';
  await eventually(async () => {
    await ask('guess');
    const { data } = await world.direct.get(secrets, key);
    token = Buffer.from(data?.token ?? '', 'base64').toString('utf8');
    expect(token).toMatch(/^[\w-]{43}$/);
  }, 60_000);
  expect([await ask(), await ask('guess'), await ask(token)]).toEqual([401, 401, 200]);
  await endOperator();
  start(...common, `127.0.0.1:${port}`, '--metrics', 'Open');
  await eventually(async () => expect(await ask()).toBe(200), 60_000);
});
