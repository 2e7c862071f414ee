import { percentile, report } from '#testing/figures.ts';
import { here, mebibytes } from './conditions.ts';
import { type Ended, Lives, rateOf } from './live-through.ts';
import { MeasuredPool } from './measured-pool.ts';

const pilots = 500;

/** Lives before anything counts, so that the engine has compiled what runs; lives in a window; and lives in total. */
const warm = 50_000;
const window = 50_000;
const total = 1_000_000;

/** Whether the millionth job is as fast as the first ones, and what an ended job leaves in memory. */
export async function decay(): Promise<void> {
  const pool = await MeasuredPool.start();
  try {
    const world = await Lives.begin(pool, pilots);
    await world.through(warm);
    const first = await measured(world);
    const early = await pool.costCollected();
    const between = total - warm - 2 * window;
    for (let done = 0; done < between; done += window) {
      await world.through(Math.min(window, between - done));
      process.stderr.write(`${done + warm + 2 * window} lives\n`);
    }
    const last = await measured(world);
    const late = await pool.costCollected();
    world.end();
    const conditions = `windows of ${window} lives over ${pilots} pilots, the first after ${warm} lives, the last up to ${total}; ${here}`;
    const base = { memory: mebibytes(late.rss), conditions };
    const rate = { unit: 'jobs/s', better: 'higher' } as const;
    report({
      name: 'rate at the millionth job',
      figure: last.rate,
      aim: 0.95 * first.rate,
      baseline: first.rate,
      ...rate,
      ...base,
    });
    report({
      name: 'from start to recorded p99 at the millionth job',
      figure: last.p99,
      unit: 'ms',
      aim: first.p99 / 0.95,
      better: 'lower',
      baseline: first.p99,
      ...base,
    });
    report({
      name: 'heap bytes of an ended job',
      figure: (late.heap - early.heap) / (total - warm - window),
      unit: 'bytes',
      aim: 10,
      better: 'lower',
      baseline: null,
      ...base,
    });
  } finally {
    await pool.destroy();
  }
}

async function measured(world: Lives): Promise<{ readonly rate: number; readonly p99: number }> {
  const began = performance.now();
  const ended: readonly Ended[] = await world.through(window);
  return {
    rate: rateOf(ended, began),
    p99: percentile(
      ended.map(({ took }) => took),
      0.99,
    ),
  };
}
