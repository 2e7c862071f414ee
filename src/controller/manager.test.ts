import { expect, test } from 'vitest';
import type { Leadership } from '#kube/lease.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { passTime, settled } from '#testing/pass-time.ts';
import { Manager, type ManagerOptions } from './manager.ts';
import type { Election, Runnable, Watched } from './runnable.ts';

/** Everything that a manager runs, each part under the test's control; `log` is what happened, in order. */
function setup(options: Partial<ManagerOptions> = {}) {
  const log: string[] = [];
  const synced = Promise.withResolvers<void>();
  let hasSynced = false;
  const informer: Watched = {
    resource: 'pods',
    get hasSynced() {
      return hasSynced;
    },
    synced: synced.promise,
    staleness: () => 1500,
    async run(signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      log.push('watch ended');
    },
  };
  const sync = async () => {
    hasSynced = true;
    synced.resolve();
    await settled();
  };
  let terms = 0;
  let lose = () => {};
  const election: Election = {
    acquire: async () => {
      const over = new AbortController();
      log.push(`term ${++terms}`);
      lose = () => over.abort(new Error('lost'));
      const leadership: Leadership = {
        signal: over.signal,
        holds: () => !over.signal.aborted,
        release: async () => {
          log.push(over.signal.aborted ? 'gone' : 'released');
          over.abort();
        },
      };
      return leadership;
    },
  };
  let finish = () => {};
  const runnable: Runnable = {
    name: 'groups',
    run: ({ stop, abandon }) =>
      new Promise((resolve) => {
        log.push('work began');
        stop.addEventListener('abort', () => log.push('no new work'));
        let over = false;
        const end = (how: string) => () => {
          if (!over) log.push(how);
          over = true;
          resolve();
        };
        finish = end('work finished');
        abandon.addEventListener('abort', end('work abandoned'), { once: true });
      }),
  };
  const clock = new ManualClock();
  const registry = createMetrics();
  const manager = new Manager({
    informers: [informer],
    runnables: [runnable],
    election,
    clock,
    registry,
    logger: createLogger('test', { level: 'silent' }),
    drainMs: 5000,
    ...options,
  });
  const stop = new AbortController();
  return { log, manager, stop, clock, registry, sync, lose: () => lose(), finish: () => finish() };
}

test('a manager begins after the first lists, and ends first the work, then the lease, then the watches', async () => {
  const { log, manager, stop, sync, finish } = setup();
  const running = manager.run(stop.signal);
  await settled();
  expect(log).toEqual([]);
  expect(manager.unready()).toEqual(['the list of pods has not arrived yet']);
  await sync();
  expect(manager.unready()).toEqual([]);
  expect(manager.leading).toBe(true);
  stop.abort();
  expect(manager.unready()).toEqual(['ending']);
  await settled();
  finish();
  await running;
  expect(log).toEqual(['term 1', 'work began', 'no new work', 'work finished', 'released', 'watch ended']);
  expect(manager.leading).toBe(false);
});

test('a manager abandons work that does not end in time', async () => {
  const { log, manager, stop, clock, sync } = setup();
  const running = manager.run(stop.signal);
  await sync();
  stop.abort();
  await passTime(clock, 4900);
  expect(log.at(-1)).toBe('no new work');
  await passTime(clock, 200);
  await running;
  expect(log.slice(-3)).toEqual(['work abandoned', 'released', 'watch ended']);
  expect(clock.timers).toBe(0);
});

test('a lost lease ends the work at once, and a new term can begin', async () => {
  const { log, manager, stop, sync, lose, finish } = setup();
  const running = manager.run(stop.signal);
  await sync();
  lose();
  expect(manager.leading).toBe(false);
  await settled();
  expect(log.slice(0, 6).toSorted()).toEqual(
    ['term 1', 'work began', 'no new work', 'work abandoned', 'gone', 'term 2'].toSorted(),
  );
  expect(manager.leading).toBe(true);
  stop.abort();
  finish();
  await running;
  expect(log.slice(-2)).toEqual(['released', 'watch ended']);
});

test('what was remembered in an earlier term is forgotten before anything runs in the next one', async () => {
  const seen: string[] = [];
  const runnable = (name: string): Runnable => ({
    name,
    begin: () => void seen.push(`${name} begins`),
    run: ({ stop }) =>
      new Promise((resolve) => {
        seen.push(`${name} runs`);
        stop.addEventListener('abort', () => resolve(), { once: true });
      }),
  });
  const { manager, stop, sync, lose } = setup({ runnables: [runnable('a'), runnable('b')] });
  const running = manager.run(stop.signal);
  await sync();
  lose();
  await settled();
  stop.abort();
  await running;
  const term = ['a begins', 'b begins', 'a runs', 'b runs'];
  expect(seen).toEqual([...term, ...term]);
});

test('a manager can be ended while it waits for lists or for the lease', async () => {
  const first = setup();
  const running = first.manager.run(first.stop.signal);
  await settled();
  first.stop.abort();
  await running;
  expect(first.log).toEqual(['watch ended']);
  const waiting: Election = {
    acquire: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  };
  const second = setup({ election: waiting });
  const other = second.manager.run(second.stop.signal);
  await second.sync();
  second.stop.abort();
  await other;
  expect(second.log).toEqual(['watch ended']);
});

test('an error of a runnable ends everything in order, and is thrown', async () => {
  const failing: Runnable = { name: 'bad', run: async () => Promise.reject(new Error('a defect')) };
  const { log, manager, stop, sync } = setup({ runnables: [failing] });
  const running = manager.run(stop.signal);
  const failed = expect(running).rejects.toThrow('a defect');
  await sync();
  await failed;
  expect(log).toEqual(['term 1', 'released', 'watch ended']);
});

test('a manager serves health and metrics from its first moment to its last', async () => {
  const { manager, stop, sync, finish } = setup({ listen: { host: '127.0.0.1', port: 0 } });
  const running = manager.run(stop.signal);
  await settled();
  const get = (path: string) => fetch(`http://127.0.0.1:${manager.port}${path}`);
  expect((await get('/healthz')).status).toBe(200);
  const unready = await get('/readyz');
  expect([unready.status, await unready.text()]).toEqual([503, 'the list of pods has not arrived yet\n']);
  await sync();
  expect((await get('/readyz')).status).toBe(200);
  const metrics = await (await get('/metrics')).text();
  expect(metrics).toContain('glidein_leader 1');
  expect(metrics).toContain('glidein_kube_stale_seconds{resource="pods"} 1.5');
  expect(metrics).toContain('process_cpu_user_seconds_total');
  expect((await get('/other')).status).toBe(404);
  stop.abort();
  expect((await get('/readyz')).status).toBe(503);
  finish();
  await running;
  await expect(get('/healthz')).rejects.toThrow();
});
