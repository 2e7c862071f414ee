import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('turns of long requests', () => {
  it('a user who asks for very many lists at once does not keep the one list of another waiting', async () => {
    const loop: (() => void)[] = [];
    const turns = new Turns((run) => loop.push(run));
    const had: string[] = [];
    const request = async (user: string, slices: number) => {
      for (let slice = 0; slice < slices; slice += 1) {
        await turns.next(user);
        had.push(user);
      }
    };
    const all = Array.from({ length: 100 }, () => request('mallory', 3));
    all.push(request('good', 3));
    for (let run = loop.shift(); run !== undefined; run = loop.shift()) {
      const before = had.length;
      run();
      await new Promise((resolve) => setImmediate(resolve));
      expect(had.length - before).toBe(1);
    }
    await Promise.all(all);
    expect(had.slice(0, 6)).toEqual(['mallory', 'good', 'mallory', 'good', 'mallory', 'good']);
    expect(had).toHaveLength(303);
  });
});
