import { expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

it('work of a user who asks once is done after one piece of the work of a user who asks a hundred times', async () => {
  const queue = new FairQueue();
  const done: string[] = [];
  const work = (name: string) => async () => {
    await new Promise(setImmediate);
    done.push(name);
  };
  const all = Array.from({ length: 100 }, (_, index) => queue.run('many', work(`many ${index}`)));
  all.push(queue.run('one', work('one')));
  await Promise.all(all);
  expect(done).toHaveLength(101);
  expect(done.indexOf('one')).toBeLessThanOrEqual(2);
});

it('work that fails is followed by the next', async () => {
  const queue = new FairQueue();
  const failed = queue.run('a', () => Promise.reject(new Error('no')));
  const next = queue.run('b', async () => 'done');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('done');
});
