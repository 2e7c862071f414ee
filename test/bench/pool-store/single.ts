import { percentile, report } from '#testing/figures.ts';
import { singleBaselines } from './baselines.ts';
import { here, mebibytes } from './conditions.ts';
import { LeanClient } from './lean-client.ts';
import { MeasuredPool } from './measured-pool.ts';
import { realJob } from './real-job.ts';

const users = 50;
const warm = 5_000;
const submits = 30_000;

/** Submits of one job each, with a token each, by users who wait for the answer before they submit again. */
export async function single(): Promise<void> {
  const pool = await MeasuredPool.start();
  try {
    const clients = await Promise.all(
      Array.from({ length: users }, async (_, user) =>
        LeanClient.open(pool.url, await pool.token('submitter', `user${user}`)),
      ),
    );
    await submitAll(clients, warm);
    const before = await pool.cost();
    const began = performance.now();
    const latencies = await submitAll(clients, submits);
    const seconds = (performance.now() - began) / 1000;
    const after = await pool.cost();
    for (const client of clients) client.close();
    const baselines = await singleBaselines(submits, users);
    const conditions = `${submits} submits of one job by ${users} users, each waits for its answer; ${here}; bare: a row of 2 kB each; graphile: addJob, no authentication`;
    const base = { memory: mebibytes(after.rss), conditions };
    report({
      name: 'single authenticated submits',
      figure: submits / seconds,
      unit: '/s',
      aim: 7_000,
      better: 'higher',
      baseline: baselines.bare,
      baselines: { ...baselines },
      ...base,
    });
    const times = { unit: 'ms', better: 'lower', baseline: null, ...base } as const;
    report({ name: 'single submit p50', figure: percentile(latencies, 0.5), aim: null, ...times });
    report({ name: 'single submit p99', figure: percentile(latencies, 0.99), aim: 25, ...times });
    report({
      name: 'CPU of the pool for a single submit',
      figure: (after.cpu - before.cpu) / submits,
      aim: null,
      ...times,
    });
  } finally {
    await pool.destroy();
  }
}

/** @returns the milliseconds of each submit */
async function submitAll(clients: readonly LeanClient[], count: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  const bodies = Array.from({ length: count }, () => JSON.stringify(realJob(1)));
  await Promise.all(
    clients.map(async (client) => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        const began = performance.now();
        await client.ask('POST', '/v1/jobs', body);
        latencies.push(performance.now() - began);
      }
    }),
  );
  return latencies;
}
