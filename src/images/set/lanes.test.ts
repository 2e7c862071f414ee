import { expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { Lanes } from './lanes.ts';

const { signal } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));

function begun(lanes: Lanes, begin = signal) {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const run = (lane: string, name: string) =>
    lanes.run(
      lane,
      async () => {
        started.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      },
      begin,
    );
  return { started, ends, run };
}

it('a registry that is slow holds up no other', async () => {
  const lanes = new Lanes({ perLane: 1, most: 10, slowAfter: 60_000 }, new ManualClock());
  const { started, ends, run } = begun(lanes);
  const all = [run('slow', 'a'), run('slow', 'b'), run('fast', 'c')];
  await settled();
  expect(started).toEqual(['a', 'c']);
  for (const end of ends) end();
  await settled();
  expect(started).toEqual(['a', 'c', 'b']);
  for (const end of ends) end();
  await Promise.all(all);
});

it('what is slow is overtaken by others of its registry, but not by any number', async () => {
  const clock = new ManualClock();
  const { started, ends, run } = begun(new Lanes({ perLane: 1, most: 2, slowAfter: 60_000 }, clock));
  const all = [run('slow', 'a'), run('slow', 'b'), run('slow', 'c')];
  await settled();
  clock.advance(60_000);
  await settled();
  expect(started).toEqual(['a', 'b']);
  clock.advance(60_000);
  await settled();
  expect(started).toEqual(['a', 'b']);
  for (const end of ends) end();
  await settled();
  for (const end of ends) end();
  await Promise.all(all);
  expect(started).toEqual(['a', 'b', 'c']);
});

it('who rests until a registry wants to be asked again has no place, and gets the next one', async () => {
  const lanes = new Lanes({ perLane: 1, most: 1, slowAfter: 60_000 }, new ManualClock());
  const { started, ends, run } = begun(lanes);
  const rests = Promise.withResolvers<void>();
  const rested = lanes.run(
    'busy',
    async (rest) => {
      started.push('asks');
      await rest(() => rests.promise);
      started.push('asks again');
    },
    signal,
  );
  const all = [run('busy', 'a'), run('fast', 'b'), run('fast', 'c')];
  await settled();
  expect(started).toEqual(['asks', 'a']);
  rests.resolve();
  await settled();
  for (const end of ends.splice(0)) end();
  await settled();
  expect(started).toEqual(['asks', 'a', 'asks again', 'b']);
  for (const end of ends.splice(0)) end();
  await settled();
  for (const end of ends.splice(0)) end();
  await Promise.all([...all, rested]);
});

it('who has rested while nobody else wanted its lane waits for those that came meanwhile', async () => {
  const lanes = new Lanes({ perLane: 1, most: 8, slowAfter: 60_000 }, new ManualClock());
  const { started, ends, run } = begun(lanes);
  const rests = Promise.withResolvers<void>();
  const rested = lanes.run(
    'busy',
    async (rest) => {
      await rest(() => rests.promise);
      started.push('asks again');
    },
    signal,
  );
  await settled();
  const other = run('busy', 'a');
  await settled();
  rests.resolve();
  await settled();
  expect(started).toEqual(['a']);
  ends.shift()?.();
  await Promise.all([rested, other]);
  expect(started).toEqual(['a', 'asks again']);
});

it('a registry of which everything is slow leaves places for others', async () => {
  const clock = new ManualClock();
  const { started, ends, run } = begun(new Lanes({ perLane: 2, most: 8, slowAfter: 1000 }, clock));
  const slow = Array.from({ length: 20 }, (_, at) => run('slow', `s${at}`));
  for (let times = 0; times < 20; times += 1) {
    await settled();
    clock.advance(1000);
  }
  await settled();
  expect(started).toHaveLength(5);
  const fast = run('fast', 'f');
  await settled();
  expect(started).toContain('f');
  for (; ends.length > 0; await settled()) ends.shift()?.();
  await Promise.all([...slow, fast]);
});

it('where one registry may have all places, another has the next one that is free', async () => {
  const lanes = new Lanes({ perLane: 2, most: 2, slowAfter: 1e9 }, new ManualClock());
  const { started, ends, run } = begun(lanes);
  const all = [...['a', 'b', 'c', 'd'].map((name) => run('many', name)), run('few', 'x')];
  await settled();
  expect(started).toEqual(['a', 'b']);
  ends.shift()?.();
  await settled();
  expect(started).toEqual(['a', 'b', 'x']);
  for (; ends.length > 0; await settled()) ends.shift()?.();
  await Promise.all(all);
});

it('who does not want to wait any longer leaves the queue', async () => {
  const lanes = new Lanes({ perLane: 1, most: 1, slowAfter: 60_000 }, new ManualClock());
  const { ends, run } = begun(lanes);
  const first = run('x', 'a');
  const leaving = new AbortController();
  const second = lanes.run('x', async () => undefined, leaving.signal);
  leaving.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  await settled();
  for (const end of ends) end();
  await first;
});
