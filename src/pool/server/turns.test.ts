import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('turns of long requests', () => {
  it('a user who asks for very many lists at once does not keep the one list of another waiting', async () => {
    const loop: (() => void)[] = [];
    const turns = new Turns({ later: (run) => loop.push(run), now: () => 0 });
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

  it('lists work in the turns in which the pool has nothing else to do, and in some of the others', async () => {
    const loop: (() => void)[] = [];
    let milliseconds = 0;
    let slices = 0;
    const turns = new Turns({ later: (run) => loop.push(run), now: () => milliseconds });
    const request = async () => {
      for (;;) {
        await turns.next('mallory');
        slices += 1;
        milliseconds += 5;
      }
    };
    const go = async (count: number, work: number) => {
      slices = 0;
      for (let turn = 0; turn < count; turn += 1) {
        milliseconds += work;
        loop.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return slices;
    };
    for (let each = 0; each < 3; each += 1) void request();
    expect(await go(90, 0)).toBe(90);
    expect(await go(90, 3)).toBe(10);
  });
});
