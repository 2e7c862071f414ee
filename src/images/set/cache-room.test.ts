import { expect, it } from 'vitest';
import { CacheRoom } from './cache-room.ts';

const { signal } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('an image with large layers waits until there is room, and one with small layers does not wait for it', async () => {
  const room = new CacheRoom();
  expect(room.take(60, 100)).toBe(true);
  expect(room.take(60, 100)).toBe(false);
  const done: string[] = [];
  const large = room.wait(60, 100, signal).then(() => done.push('large'));
  const small = room.wait(20, 100, signal).then(() => done.push('small'));
  await settled();
  expect(done).toEqual(['small']);
  expect(room.taken).toBe(80);
  room.give(60);
  await settled();
  expect(done).toEqual(['small']);
  room.give(20);
  await Promise.all([large, small]);
  expect(room.taken).toBe(60);
});

it('who does not want room any more leaves none taken', async () => {
  const room = new CacheRoom();
  room.take(60, 100);
  const leaving = new AbortController();
  const waiting = room.wait(60, 100, leaving.signal);
  leaving.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  room.give(60);
  expect(room.taken).toBe(0);
});
