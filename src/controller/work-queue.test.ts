import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { settled } from '#testing/pass-time.ts';
import { WorkQueue } from './work-queue.ts';

function setup() {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock });
  /** The next name. Undefined: there is none now. */
  const take = async () => {
    const stop = new AbortController();
    const taking = queue.take(stop.signal);
    await settled();
    stop.abort();
    return taking;
  };
  return { clock, queue, take };
}

test('a queue gives each name once, in the order in which they were added', async () => {
  const { queue, take } = setup();
  for (const name of ['a', 'b', 'a']) queue.add(name);
  expect([await take(), await take(), await take()]).toEqual(['a', 'b', undefined]);
});

test('a name that is added while it is in work is queued once more when it is done', async () => {
  const { queue, take } = setup();
  queue.add('a');
  expect(await take()).toBe('a');
  queue.add('a');
  queue.add('a');
  expect(await take()).toBeUndefined();
  queue.done('a');
  expect(await take()).toBe('a');
  queue.done('a');
  expect(await take()).toBeUndefined();
});

test('a worker that waits gets the next name that is added', async () => {
  const { queue } = setup();
  const never = new AbortController().signal;
  const both = Promise.all([queue.take(never), queue.take(never)]);
  queue.add('a');
  queue.add('b');
  expect(await both).toEqual(['a', 'b']);
});

test('names with normal priority go first, but those with low priority still get their turn', async () => {
  const { queue, take } = setup();
  for (let index = 0; index < 20; index++) queue.add(`old-${index}`, { priority: 'low' });
  queue.add('old-19');
  expect(await take()).toBe('old-19');
  for (let index = 0; index < 20; index++) queue.add(`new-${index}`);
  const taken: (string | undefined)[] = [];
  for (let index = 0; index < 16; index++) taken.push(await take());
  expect(taken.filter((name) => name?.startsWith('old'))).toHaveLength(2);
});

test('the earliest delay of a name counts, and adding it without a delay ends the delay', async () => {
  const { clock, queue, take } = setup();
  queue.add('a', { afterMs: 1000 });
  queue.add('a', { afterMs: 500 });
  queue.add('a', { afterMs: 2000 });
  clock.advance(499);
  expect(await take()).toBeUndefined();
  clock.advance(1);
  expect(await take()).toBe('a');
  queue.done('a');
  clock.advance(5000);
  expect(await take()).toBeUndefined();
  queue.add('b', { afterMs: 1000 });
  queue.add('b');
  expect(await take()).toBe('b');
  queue.done('b');
  clock.advance(5000);
  expect(await take()).toBeUndefined();
  expect([queue.size, queue.inWork, queue.delayed, clock.timers]).toEqual([0, 0, 0, 0]);
});

test('a delay that ends while its name is in work is kept until the name is done', async () => {
  const { clock, queue, take } = setup();
  queue.add('a');
  await take();
  queue.add('a', { afterMs: 10 });
  clock.advance(20);
  expect(await take()).toBeUndefined();
  queue.done('a');
  expect(await take()).toBe('a');
});

test('in any order of calls, a name is never in work twice, and no addition is lost', async () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    fc.record({
      do: fc.constant('add' as const),
      name,
      low: fc.boolean(),
      afterMs: fc.constantFrom(0, 0, 5, 50),
    }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('done' as const), name }),
    fc.record({ do: fc.constant('pass' as const), milliseconds: fc.nat(60) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, queue } = setup();
      const stop = new AbortController();
      const inWork = new Set<string>();
      const owed = new Set<string>();
      const takeOne = async () => {
        const taken = await queue.take(stop.signal);
        if (taken === undefined) return;
        expect(inWork.has(taken)).toBe(false);
        expect(owed.has(taken)).toBe(true);
        inWork.add(taken);
        owed.delete(taken);
      };
      for (const next of steps) {
        if (next.do === 'add') {
          queue.add(next.name, { priority: next.low ? 'low' : 'normal', afterMs: next.afterMs });
          owed.add(next.name);
        } else if (next.do === 'take' && queue.size > 0) await takeOne();
        else if (next.do === 'done' && inWork.delete(next.name)) queue.done(next.name);
        else if (next.do === 'pass') clock.advance(next.milliseconds);
      }
      for (const working of inWork) queue.done(working);
      inWork.clear();
      clock.advance(100);
      expect(queue.size).toBe(owed.size);
      while (owed.size > 0) await takeOne();
      stop.abort();
      expect(await queue.take(stop.signal)).toBeUndefined();
    }),
  );
});
