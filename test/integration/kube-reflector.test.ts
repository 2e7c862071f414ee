import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { Informer, type InformerOptions } from '#kube/informer.ts';
import { type ConfigMap, configMaps, secrets } from '#kube/resource.ts';
import type { Change } from '#kube/store.ts';
import { eventually } from '#testing/eventually.ts';
import type { Fault, FaultProxy, SeenRequest } from '#testing/fault-proxy.ts';
import { type KubeWorld, startKubeWorld } from '#testing/kube-world.ts';

let world: KubeWorld;
let stop: AbortController;
let running: Promise<void>[];
let number = 0;
let namespace: string;

beforeAll(async () => {
  world = await startKubeWorld();
});
afterAll(() => world?.stop());

beforeEach(async () => {
  stop = new AbortController();
  running = [];
  namespace = `reflector-${++number}`;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await world.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
});

/** An informer of this test's ConfigMaps behind a proxy, and everything that it reported. */
async function watched(options: Partial<InformerOptions<ConfigMap>> = {}) {
  const { client, proxy } = await world.behindProxy();
  const informer = new Informer({
    client,
    kind: configMaps,
    selection: { namespace },
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
    retry: { first: 10, most: 100 },
    steadyMs: 500,
    ...options,
  });
  const changes: Change<ConfigMap>[] = [];
  informer.onChange((change) => changes.push(change));
  const start = () => running.push(informer.run(stop.signal));
  return { informer, proxy, changes, start };
}

/** Creates, changes and deletes objects. @returns what a watcher must see, in this order */
async function write(changes: number): Promise<string[]> {
  const expected: string[] = [];
  for (let step = 0; step < changes; step++) {
    const name = `c${step % 7}`;
    const key = { namespace, name };
    const phase = Math.floor(step / 7) % 3;
    if (phase === 0) await world.direct.create(configMaps, { metadata: key, data: { step: `${step}` } });
    else if (phase === 1) await world.direct.mergePatch(configMaps, key, { data: { step: `${step}` } });
    else await world.direct.delete(configMaps, key);
    const seen = phase === 2 ? step - 7 : step;
    expected.push(`${['added', 'updated', 'deleted'][phase]} ${name} ${seen}`);
  }
  return expected;
}

const told = (change: Change<ConfigMap>) =>
  `${change.type} ${change.object.metadata.name} ${change.object.data?.step}`;

/** What the server has, as names with versions. */
async function truth(): Promise<string[]> {
  const list = await world.direct.list(configMaps, { namespace });
  return list.items.map((item) => `${item.metadata.name}@${item.metadata.resourceVersion}`).sort();
}

const held = (informer: Informer<ConfigMap>) =>
  [...informer.store.all()].map((item) => `${item.metadata.name}@${item.metadata.resourceVersion}`).sort();

async function converges(informer: Informer<ConfigMap>): Promise<void> {
  const expected = await truth();
  await eventually(() => expect(held(informer)).toEqual(expected), 20_000);
}

/** Makes every `every`th watch fail. */
function faulty(proxy: FaultProxy, fault: (count: number) => Fault, every = 2): () => number {
  let watches = 0;
  let faults = 0;
  proxy.fault = (request: SeenRequest) => {
    if (!request.isWatch || ++watches % every !== 0) return undefined;
    faults++;
    return fault(faults);
  };
  return () => faults;
}

/** Keeps ending watches, so that the next one fails at its start. */
function cutting(proxy: FaultProxy): () => void {
  const handle = setInterval(() => proxy.cutAll(), 40);
  return () => clearInterval(handle);
}

const errorLine = (code: number, reason: string) =>
  `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, reason, message: reason } })}\n`;

const faultsWithoutLoss: Record<string, (count: number) => Fault> = {
  'a reset before the answer': () => ({ kind: 'reset' }),
  'an answer that is lost': () => ({ kind: 'lose' }),
  'a cut in the middle of a line': (count) => ({ kind: 'cut', afterBytes: 50 + 37 * count }),
  'silence in the middle of a line': (count) => ({ kind: 'stall', afterBytes: 200 + 37 * count }),
  '429 with Retry-After': () => ({ kind: 'answer', status: 429, headers: { 'retry-after': '0' } }),
  '500 with text that is no JSON': () => ({ kind: 'answer', status: 500, body: 'oh' }),
  '200 with a line that is no JSON': () => ({ kind: 'answer', status: 200, body: '{"type":\n' }),
  'an ERROR event other than 410': () => ({
    kind: 'answer',
    status: 200,
    body: errorLine(500, 'InternalError'),
  }),
  slowness: () => ({ kind: 'delay', milliseconds: 100 }),
};

for (const [name, fault] of Object.entries(faultsWithoutLoss)) {
  test(`delivers every change exactly once and in order through ${name}`, async () => {
    const { informer, proxy, changes, start } = await watched({ silenceMs: 200 });
    start();
    await informer.synced;
    const faults = faulty(proxy, fault);
    const calm = cutting(proxy);
    const expected = await write(210);
    calm();
    await eventually(() => expect(changes.map(told)).toEqual(expected), 20_000);
    expect(faults()).toBeGreaterThan(1);
    expect(proxy.seen.filter((request) => !request.isWatch)).toHaveLength(1);
  });
}

const expiries: Record<string, () => Fault> = {
  'as an answer': () => ({
    kind: 'answer',
    status: 410,
    body: JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
  }),
  'in the stream': () => ({ kind: 'answer', status: 200, body: errorLine(410, 'Expired') }),
};

for (const [name, fault] of Object.entries(expiries)) {
  test(`lists again and converges after 410 ${name}`, async () => {
    const { informer, proxy, changes, start } = await watched();
    start();
    await informer.synced;
    const faults = faulty(proxy, fault);
    const calm = cutting(proxy);
    await write(210);
    await eventually(() => expect(faults()).toBeGreaterThan(1));
    calm();
    await converges(informer);
    expect(proxy.seen.filter((request) => !request.isWatch).length).toBeGreaterThan(1);
    fitsTogether(changes);
  });
}

/** Lists may skip states, but the reported changes are consistent: added, updated…, deleted, added… */
function fitsTogether(changes: readonly Change<ConfigMap>[]): void {
  const present = new Map<string, number>();
  for (const { type, object } of changes) {
    const { name } = object.metadata;
    const step = Number(object.data?.step);
    expect(present.has(name)).toBe(type !== 'added');
    if (type !== 'deleted') expect(step).toBeGreaterThan(present.get(name) ?? -1);
    if (type === 'deleted') present.delete(name);
    else present.set(name, step);
  }
}

test('a reflector lists again when the server has really forgotten the version', async () => {
  const usual = world;
  // Without its cache the server asks etcd, which keeps old versions for only a second here.
  world = await startKubeWorld({ flags: ['--watch-cache=false', '--etcd-compaction-interval=1s'] });
  try {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await world.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
    const { informer, proxy, changes, start } = await watched();
    start();
    await informer.synced;
    proxy.fault = (request) => (request.isWatch ? { kind: 'reset' } : undefined);
    proxy.cutAll();
    for (let round = 0; round < 4; round++) {
      await write(17 + 21 * round);
      await new Promise((resolve) => setTimeout(resolve, 800));
      for (const { metadata } of (await world.direct.list(configMaps, { namespace })).items) {
        await world.direct.delete(configMaps, { namespace, name: metadata.name });
      }
    }
    await write(17);
    const lists = () => proxy.seen.filter((request) => !request.isWatch).length;
    expect(lists()).toBe(1);
    proxy.fault = () => undefined;
    await converges(informer);
    expect(lists()).toBeGreaterThan(1);
    expect(changes.length).toBeGreaterThan(0);
  } finally {
    stop.abort();
    await Promise.all(running);
    await world.stop();
    world = usual;
  }
});

test('a reflector goes on after an outage of the server, and says how old its knowledge is', async () => {
  const { informer, proxy, start } = await watched();
  expect(informer.staleness()).toBe(Number.POSITIVE_INFINITY);
  start();
  await informer.synced;
  proxy.fault = () => ({ kind: 'reset' });
  proxy.cutAll();
  await write(17);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(informer.staleness()).toBeGreaterThan(900);
  const attempts = proxy.seen.length;
  // It backs off: at most about ten requests a second.
  expect(attempts).toBeLessThan(40);
  proxy.fault = () => undefined;
  await converges(informer);
  expect(informer.staleness()).toBeLessThan(900);
});

test('a reflector respects Retry-After', async () => {
  const { informer, proxy, start } = await watched();
  const times: number[] = [];
  proxy.fault = () => {
    times.push(performance.now());
    return times.length > 2 ? undefined : { kind: 'answer', status: 429, headers: { 'retry-after': '1' } };
  };
  start();
  await informer.synced;
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(990);
});

test('a reflector watches again, with growing delays, if the server ends watches at once', async () => {
  const { informer, proxy, start } = await watched({ retry: { first: 50, most: 200 } });
  start();
  await informer.synced;
  faulty(proxy, () => ({ kind: 'answer', status: 200, body: '' }), 1);
  proxy.cutAll();
  const before = proxy.seen.length;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(proxy.seen.length - before).toBeLessThan(25);
  proxy.fault = () => undefined;
  await converges(informer);
});

test('a reflector reads 2,000 objects in pages, despite an expired page and changes meanwhile', async () => {
  const names = Array.from({ length: 2000 }, (_, index) => `big-${String(index).padStart(4, '0')}`);
  const parallel = async (work: (name: string, index: number) => Promise<unknown>) => {
    const entries = names.entries();
    const worker = async () => {
      for (const [index, name] of entries) await work(name, index);
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  };
  await parallel((name) =>
    world.direct.create(configMaps, { metadata: { namespace, name, labels: { part: name.slice(-1) } } }),
  );
  const { informer, proxy, start } = await watched({
    indexers: {},
  });
  let pages = 0;
  proxy.fault = (request) => {
    if (request.isWatch || ++pages !== 3) return undefined;
    return { kind: 'answer', status: 410, body: '{"kind":"Status","code":410,"reason":"Expired"}' };
  };
  const began = performance.now();
  start();
  await informer.synced;
  const listMs = performance.now() - began;
  expect(informer.store.size).toBe(2000);
  expect(pages).toBe(3 + 4);
  const calm = cutting(proxy);
  await parallel(async (name, index) => {
    const key = { namespace, name };
    if (index % 4 === 0) await world.direct.delete(configMaps, key);
    if (index % 4 === 1) await world.direct.mergePatch(configMaps, key, { data: { changed: 'yes' } });
  });
  calm();
  await converges(informer);
  expect(informer.store.size).toBe(1500);
  console.log(`2,000 ConfigMaps listed in ${Math.round(listMs)} ms with one expired page`);
});

test('an informer selects by label in list and watch, indexes, and strips managed fields', async () => {
  const { client } = await world.behindProxy();
  const informer = new Informer({
    client,
    kind: configMaps,
    selection: { namespace, labelSelector: 'mine=yes' },
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
    indexers: { color: (object: ConfigMap) => [object.data?.color ?? ''] },
  });
  const changes: string[] = [];
  informer.onChange(() => {
    throw new Error('a bad handler');
  });
  informer.onChange((change) => changes.push(`${change.type} ${change.object.metadata.name}`));
  const create = (name: string, mine: string, color: string) =>
    world.direct.create(configMaps, { metadata: { namespace, name, labels: { mine } }, data: { color } });
  await create('before', 'yes', 'red');
  await create('other', 'no', 'red');
  running.push(informer.run(stop.signal));
  await informer.synced;
  await create('after', 'yes', 'red');
  await world.direct.mergePatch(configMaps, { namespace, name: 'before' }, { data: { color: 'blue' } });
  // It leaves the selection, so for the watcher it is gone.
  await world.direct.mergePatch(
    configMaps,
    { namespace, name: 'after' },
    { metadata: { labels: { mine: 'no' } } },
  );
  await eventually(() =>
    expect(changes).toEqual(['added before', 'added after', 'updated before', 'deleted after']),
  );
  expect(informer.store.indexed('color', 'red')).toEqual([]);
  expect(informer.store.indexed('color', 'blue').map((object) => object.metadata.name)).toEqual(['before']);
  expect(informer.store.get({ namespace, name: 'before' })?.metadata.managedFields).toBeUndefined();
});

test('an informer of several namespaces has synced when each of them is there, and sees changes in all of them', async () => {
  const { client } = await world.behindProxy();
  const second = `${namespace}-second`;
  const unwatched = `${namespace}-unwatched`;
  for (const name of [second, unwatched]) {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await world.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
  }
  const put = (place: string, name: string) =>
    world.direct.create(configMaps, { metadata: { namespace: place, name, labels: { mine: 'yes' } } });
  for (const place of [namespace, second, unwatched]) await put(place, 'before');
  const informer = new Informer({
    client,
    kind: configMaps,
    selection: { labelSelector: 'mine=yes' },
    namespaces: [namespace, second],
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
  });
  expect(informer.staleness()).toBe(Number.POSITIVE_INFINITY);
  running.push(informer.run(stop.signal));
  await informer.synced;
  const names = () =>
    [...informer.store.all()].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
  expect(names()).toEqual([`${namespace}/before`, `${second}/before`].sort());
  await put(second, 'after');
  await world.direct.delete(configMaps, { namespace, name: 'before' });
  await eventually(() => expect(names()).toEqual([`${second}/after`, `${second}/before`]));
  expect(informer.staleness()).toBeLessThan(60_000);
});

const forbidden: Fault = { kind: 'answer', status: 403 };

test('a namespace that may not be read keeps nobody waiting, and is copied once it may, after what is to be known before it', async () => {
  const { client, proxy } = await world.behindProxy();
  const later = `${namespace}-later`;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: later } };
  await world.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
  proxy.fault = ({ path }) =>
    path.startsWith(`/api/v1/namespaces/${later}/secrets`) ? forbidden : undefined;
  const options = {
    client,
    namespaces: [namespace, later],
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
    retry: { first: 10, most: 100 },
  };
  const before = new Informer({ ...options, kind: secrets });
  const informer = new Informer({ ...options, kind: configMaps, after: [before] });
  for (const place of [namespace, later]) {
    await world.direct.create(secrets, { metadata: { namespace: place, name: 'a' } });
    await world.direct.create(configMaps, { metadata: { namespace: place, name: 'b' } });
  }
  const found: string[] = [];
  informer.onChange(({ object: { metadata } }) => {
    if (metadata.name !== 'b') return;
    const isKnown = before.store.get({ namespace: metadata.namespace ?? '', name: 'a' }) !== undefined;
    found.push(`${metadata.namespace} ${isKnown}`);
  });
  running.push(before.run(stop.signal), informer.run(stop.signal));
  await Promise.all([before.synced, informer.synced]);
  expect([before.hasSynced, informer.hasSynced]).toEqual([true, true]);
  expect(found).toEqual([`${namespace} true`]);
  expect(informer.staleness()).toBeLessThan(60_000);
  proxy.fault = () => undefined;
  await eventually(() => expect(found).toEqual([`${namespace} true`, `${later} true`]));
});

test('an informer that may read none of its namespaces has not synced', async () => {
  const { client, proxy } = await world.behindProxy();
  let asked = 0;
  proxy.fault = () => {
    asked += 1;
    return forbidden;
  };
  const informer = new Informer({
    client,
    kind: configMaps,
    namespaces: [namespace],
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
    retry: { first: 10, most: 100 },
  });
  running.push(informer.run(stop.signal));
  await eventually(() => expect(asked).toBeGreaterThan(2));
  expect(informer.hasSynced).toBe(false);
  expect(informer.staleness()).toBe(Number.POSITIVE_INFINITY);
  proxy.fault = () => undefined;
  await informer.synced;
});
