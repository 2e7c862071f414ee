import { describe, expect, it } from 'vitest';
import { flood } from '#testing/flood.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('a small pool under a flood (mounting its disk needs root)', () => {
  it('refuses with reasons, serves users within their limits, and recovers completely', async () => {
    const report = await flood({
      seconds: 10,
      quietSeconds: 2,
      disk: 128,
      heap: 256,
      log: () => undefined,
    });
    expect(report.failures).toEqual([]);
    expect(report.lives).toBe(1);
    expect(report.refused).toMatchObject({ 'an input: NoSpace': expect.any(Number) });
    expect(report.refused).toMatchObject({ 'a huge request: TooLarge': expect.any(Number) });
    expect(report.good.completed).toBeGreaterThan(20);
    expect(report.memory.most).toBeLessThan(600);
    expect(report.heap.after).toBeLessThan(report.heap.before + 30);
    // What the pool keeps free in order to remove everything stays free.
    expect(report.disk.most).toBeLessThan(124);
    expect(report.disk.after).toBeLessThan(report.disk.before + 20);
  }, 300_000);
});
