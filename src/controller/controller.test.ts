import { expect, test } from 'vitest';
import type { KubeObject } from '#kube/object.ts';
import type { Change } from '#kube/store.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { passTime, settled } from '#testing/pass-time.ts';
import { Controller, type ControllerOptions, type Reconcile } from './controller.ts';
import { controllerMetrics } from './controller-metrics.ts';
import { done, requeueAfter, TerminalError } from './result.ts';

function setup(reconcile: Reconcile, options: Partial<ControllerOptions> = {}) {
  const clock = new ManualClock();
  const registry = createMetrics();
  const calls: { readonly name: string; readonly at: number }[] = [];
  const controller = new Controller({
    name: 'groups',
    clock,
    random: () => 1,
    logger: createLogger('test', { level: 'silent' }),
    metrics: controllerMetrics(registry)('groups'),
    ...options,
    reconcile: (name, context) => {
      calls.push({ name, at: clock.monotonic() });
      return reconcile(name, context);
    },
  });
  const stop = new AbortController();
  const abandon = new AbortController();
  const run = () => controller.run({ stop: stop.signal, abandon: abandon.signal });
  const results = async () =>
    Object.fromEntries(
      (await registry.getSingleMetric('glidein_reconciles_total')!.get()).values.map(({ labels, value }) => [
        labels.result,
        value,
      ]),
    );
  return { clock, calls, controller, stop, abandon, run, results };
}

test('a name whose reconcile is done is reconciled again only when something changes', async () => {
  const { clock, calls, controller, run, stop, results } = setup(async () => done);
  const running = run();
  controller.queue.add('n/a');
  await passTime(clock, 3_600_000);
  expect(calls).toHaveLength(1);
  stop.abort();
  await running;
  expect(await results()).toEqual({ done: 1 });
});

test('a name that asks to be requeued is reconciled again after that time', async () => {
  const { clock, calls, controller, run } = setup(async () => requeueAfter(1000));
  void run();
  controller.queue.add('n/a');
  await passTime(clock, 3500, 100);
  expect(calls.map(({ at }) => at)).toEqual([0, 1000, 2000, 3000]);
});

test('a name whose reconcile fails is retried, after a longer delay each time, until it succeeds', async () => {
  let failures = 3;
  const { clock, calls, controller, run, results } = setup(async () => {
    if (failures-- > 0) throw new Error('not yet');
    return done;
  });
  void run();
  controller.queue.add('n/a');
  await passTime(clock, 2000, 50);
  expect(calls.map(({ at }) => at)).toEqual([0, 100, 300, 700]);
  expect(await results()).toEqual({ error: 3, done: 1 });
  failures = 1;
  controller.queue.add('n/a');
  await passTime(clock, 1000, 50);
  expect(calls.map(({ at }) => at).slice(4)).toEqual([2000, 2100]);
});

test('a name that fails for good is not retried until something changes', async () => {
  const { clock, calls, controller, run, results } = setup(async () => {
    throw new TerminalError('the template is refused');
  });
  void run();
  controller.queue.add('n/a');
  await passTime(clock, 600_000);
  expect(calls).toHaveLength(1);
  controller.queue.add('n/a');
  await settled();
  expect(calls).toHaveLength(2);
  expect(await results()).toEqual({ terminal: 2 });
});

test('a reconcile that takes too long is aborted and retried', async () => {
  const { clock, calls, controller, run, results } = setup(
    (_, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      ),
    { timeoutMs: 1000 },
  );
  void run();
  controller.queue.add('n/a');
  await passTime(clock, 1500, 50);
  expect(calls.map(({ at }) => at)).toEqual([0, 1100]);
  expect(await results()).toEqual({ timeout: 1 });
});

test('a name is never reconciled twice at once, and never more names than there are workers', async () => {
  let now = 0;
  let most = 0;
  const names = new Set<string>();
  const ends: (() => void)[] = [];
  const { controller, run } = setup(
    async (name) => {
      expect(names.has(name)).toBe(false);
      names.add(name);
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => ends.push(resolve));
      now--;
      names.delete(name);
      return done;
    },
    { workers: 3 },
  );
  void run();
  for (let round = 0; round < 30; round++) {
    for (const name of ['a', 'b', 'c', 'd', 'e']) controller.queue.add(name);
    await settled();
    ends.shift()?.();
  }
  expect(most).toBe(3);
});

test('a running reconcile may finish after a stop, and if it is abandoned, its name waits for the next term', async () => {
  let finish = () => {};
  const { calls, controller, run, stop, results } = setup(
    (_, { signal }) =>
      new Promise((resolve, reject) => {
        finish = () => resolve(done);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    { workers: 1 },
  );
  controller.queue.add('a');
  controller.queue.add('b');
  let over = false;
  const running = run().then(() => {
    over = true;
  });
  await settled();
  stop.abort();
  await settled();
  expect(over).toBe(false);
  finish();
  await running;
  expect(calls.map(({ name }) => name)).toEqual(['a']);
  const [stopAgain, abandon] = [new AbortController(), new AbortController()];
  const again = controller.run({ stop: stopAgain.signal, abandon: abandon.signal });
  await settled();
  stopAgain.abort();
  abandon.abort();
  await again;
  expect(controller.queue.size).toBe(1);
  expect(await results()).toEqual({ done: 1, stopped: 1 });
});

test('a watch queues the names of an object as it is and as it was, and those of the first list with low priority', async () => {
  const { controller, calls, run } = setup(async () => done, { workers: 1 });
  let tell: (change: Change<KubeObject>) => void = () => {};
  const source = {
    onChange: (handler: typeof tell) => {
      tell = handler;
      return () => {};
    },
  };
  const pod = (owner: string): KubeObject => ({ metadata: { name: 'p', namespace: 'n', labels: { owner } } });
  controller.watch(source, ({ metadata }) => [`n/${metadata.labels?.owner}`]);
  tell({ type: 'added', object: pod('first'), initial: true });
  tell({ type: 'updated', old: pod('one'), object: pod('two') });
  tell({ type: 'deleted', missed: false, object: pod('three') });
  void run();
  await settled();
  expect(calls.map(({ name }) => name)).toEqual(['n/one', 'n/two', 'n/three', 'n/first']);
});
