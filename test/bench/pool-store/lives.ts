import { percentile, report } from '#testing/figures.ts';
import { lifeBaselines } from './baselines.ts';
import { here, mebibytes } from './conditions.ts';
import { Lives, rateOf } from './live-through.ts';
import { MeasuredPool } from './measured-pool.ts';

const pilots = 500;
const slots = 4 * pilots;
const warm = 20_000;
const jobs = 100_000;

/** Whole lives of jobs that take no time: what the pool adds to a job. */
export async function lives(): Promise<void> {
  const pool = await MeasuredPool.start();
  try {
    const world = await Lives.begin(pool, pilots);
    await world.through(warm);
    const before = await pool.cost();
    const clientBefore = process.cpuUsage();
    const began = performance.now();
    const ended = await world.through(jobs);
    const after = await pool.cost();
    const { user, system } = process.cpuUsage(clientBefore);
    world.end();
    const client = (user + system) / 1000 / jobs;
    const baselines = await lifeBaselines(jobs, slots);
    const conditions = `${jobs} jobs over ${pilots} pilots of 4 slots, submitted meanwhile by the thousand; the clients take ${client.toFixed(3)} ms of CPU for a life; ${here}; bare: as many rows; graphile: 4 processes of 24 jobs, one by one and batched, jobs queued beforehand`;
    const base = { memory: mebibytes(after.rss), conditions };
    report({
      name: 'whole lives',
      figure: rateOf(ended, began),
      unit: 'jobs/s',
      aim: 5_000,
      better: 'higher',
      baseline: baselines.graphile ?? null,
      baselines: { ...baselines },
      ...base,
    });
    const times = { unit: 'ms', better: 'lower', baseline: null, ...base } as const;
    report({
      name: 'CPU of the pool for a life',
      figure: (after.cpu - before.cpu) / jobs,
      aim: 0.15,
      ...times,
    });
    report({
      name: 'CPU of its main thread for a life',
      figure: (after.mainCpu - before.mainCpu) / jobs,
      aim: null,
      ...times,
    });
    const took = ended.map((each) => each.took);
    report({ name: 'from start to recorded p99', figure: percentile(took, 0.99), aim: null, ...times });
  } finally {
    await pool.destroy();
  }
}
