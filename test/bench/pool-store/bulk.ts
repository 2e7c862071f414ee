import { report } from '#testing/figures.ts';
import { bulkBaselines } from './baselines.ts';
import { here, mebibytes } from './conditions.ts';
import { LeanClient } from './lean-client.ts';
import { MeasuredPool } from './measured-pool.ts';
import { realJob } from './real-job.ts';

/** Jobs of one submit, and how many submits there are. */
const together = 100_000;
const submits = 10;

/** Users who submit at the same time. */
const users = 2;

/** Submits with arguments of their own for each job, as JSON over HTTP; making the JSON is part of what is measured. */
export async function bulk(): Promise<void> {
  const pool = await MeasuredPool.start();
  try {
    const requests = Array.from({ length: submits }, () => realJob(together));
    const clients = await Promise.all(
      Array.from({ length: users }, async (_, user) =>
        LeanClient.open(pool.url, await pool.token('submitter', `user${user}`)),
      ),
    );
    const before = await pool.cost();
    await pool.watchTurns();
    const began = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        for (let request = requests.pop(); request !== undefined; request = requests.pop())
          await client.ask('POST', '/v1/jobs', JSON.stringify(request));
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const after = await pool.cost();
    for (const client of clients) client.close();
    const jobs = together * submits;
    const baselines = await bulkBaselines(jobs, together);
    const conditions = `${submits} submits of ${together} jobs with arguments of their own by ${users} users; ${here}; bare: as many rows in transactions of ${together}; graphile: add_jobs of ${together}`;
    const memory = mebibytes(after.rss);
    report({
      name: 'bulk submit',
      figure: jobs / seconds,
      unit: 'jobs/s',
      aim: 100_000,
      better: 'higher',
      baseline: baselines.bare,
      baselines: { ...baselines },
      memory,
      conditions,
    });
    report({
      name: 'CPU of the pool for a job of a bulk submit',
      figure: ((after.cpu - before.cpu) / jobs) * 1000,
      unit: 'µs',
      aim: null,
      better: 'lower',
      baseline: null,
      memory,
      conditions,
    });
  } finally {
    await pool.destroy();
  }
}
