import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { events } from '#kube/event.ts';
import { EventRecorder, type EventRecorderOptions } from '#kube/event-recorder.ts';
import { configMaps } from '#kube/resource.ts';
import { eventually } from '#testing/eventually.ts';
import { type KubeWorld, startKubeWorld } from '#testing/kube-world.ts';

let world: KubeWorld;

beforeAll(async () => {
  world = await startKubeWorld();
});
afterAll(() => world?.stop());

async function recorder(options: Partial<EventRecorderOptions> = {}) {
  const { client, proxy } = await world.behindProxy();
  const made = new EventRecorder({
    client,
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
    reporter: { controller: 'glidein.dev/operator', instance: 'operator-0' },
    countEveryMs: 100,
    ...options,
  });
  return { recorder: made, proxy };
}

const subject = (name: string) =>
  world.direct.create(configMaps, { metadata: { namespace: 'default', name } });

async function eventsOf(name: string) {
  const list = await world.direct.list(events, { namespace: 'default' });
  return list.items.filter((event) => event.regarding?.name === name);
}

const created = {
  type: 'Normal',
  reason: 'PilotsCreated',
  action: 'Create',
  note: 'created 3 pilots',
} as const;

test('equal happenings become one Event with a count', async () => {
  const object = await subject('equal');
  const { recorder: made } = await recorder();
  for (let time = 0; time < 50; time++) made.record(configMaps, object, created);
  await eventually(async () => {
    const [event, ...more] = await eventsOf('equal');
    expect(more).toEqual([]);
    expect(event?.series?.count).toBe(50);
  });
  made.record(configMaps, object, created);
  made.record(configMaps, object, {
    ...created,
    type: 'Warning',
    reason: 'QuotaExceeded',
    note: 'x'.repeat(3000),
  });
  await made.close(5000);
  const all = await eventsOf('equal');
  expect(all).toHaveLength(2);
  expect(all.find((event) => event.reason === 'PilotsCreated')).toMatchObject({
    type: 'Normal',
    action: 'Create',
    note: 'created 3 pilots',
    reportingController: 'glidein.dev/operator',
    regarding: { apiVersion: 'v1', kind: 'ConfigMap', uid: object.metadata.uid },
    series: { count: 51 },
  });
  expect(made.dropped).toBe(0);
  // A recorder that was closed accepts nothing more.
  made.record(configMaps, object, { ...created, note: 'late' });
  expect(await eventsOf('equal')).toHaveLength(2);
});

test('one object cannot flood the server with Events, and does not use up another’s budget', async () => {
  const [loud, quiet] = [await subject('loud'), await subject('quiet')];
  const { recorder: made } = await recorder({ burst: 5 });
  for (let time = 0; time < 40; time++) made.record(configMaps, loud, { ...created, note: `note ${time}` });
  made.record(configMaps, quiet, created);
  await made.close(5000);
  expect(await eventsOf('loud')).toHaveLength(5);
  expect(await eventsOf('quiet')).toHaveLength(1);
  expect(made.dropped).toBe(35);
});

test('a lost answer does not make a second Event, and the first one goes on counting', async () => {
  const object = await subject('lost');
  const { recorder: made, proxy } = await recorder();
  let writes = 0;
  proxy.fault = () => (++writes === 1 ? { kind: 'lose' } : undefined);
  made.record(configMaps, object, created);
  await eventually(() => expect(writes).toBe(2));
  made.record(configMaps, object, created);
  await made.close(5000);
  const [event, ...more] = await eventsOf('lost');
  expect(more).toEqual([]);
  expect(event?.series?.count).toBe(2);
  expect(made.dropped).toBe(0);
});

test('an Event that the server has forgotten is written again', async () => {
  const object = await subject('forgotten');
  const { recorder: made } = await recorder();
  made.record(configMaps, object, created);
  const [event] = await eventually(async () => {
    const found = await eventsOf('forgotten');
    expect(found).toHaveLength(1);
    return found;
  });
  await world.direct.delete(events, { namespace: 'default', name: event!.metadata.name });
  made.record(configMaps, object, created);
  await made.close(5000);
  expect((await eventsOf('forgotten'))[0]?.series?.count).toBe(2);
});

test('without a server, recording Events does not block the work or the end', async () => {
  const object = await subject('alone');
  const { recorder: made, proxy } = await recorder({ burst: 10_000 });
  proxy.fault = () => ({ kind: 'reset' });
  const began = performance.now();
  for (let time = 0; time < 6000; time++)
    made.record(configMaps, object, { ...created, note: `note ${time}` });
  expect(performance.now() - began).toBeLessThan(1000);
  expect(made.dropped).toBeGreaterThan(1000);
  const closing = performance.now();
  await made.close(300);
  expect(performance.now() - closing).toBeLessThan(2000);
  expect(await eventsOf('alone')).toEqual([]);
});
