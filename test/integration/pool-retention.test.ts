import { expect, it } from 'vitest';
import { liveOnSmallVolume } from '../soak/retention-life.ts';

const isRoot = process.getuid?.() === 0;

it.skipIf(!isRoot)(
  'a pool lives through more jobs than its volume has room for, and never fills it (mounting one needs root)',
  async () => {
    const report = await liveOnSmallVolume({
      jobs: 60_000,
      megabytes: 128,
      pilots: 20,
      arguments: ['--history-jobs', '3000'],
      log: () => undefined,
    });
    expect(report.states).toEqual(['Serving']);
    expect(report.largestLog).toBeLessThan(32 * 2 ** 20);
  },
  120_000,
);
