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
