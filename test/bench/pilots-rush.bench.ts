import { report } from '#testing/figures.ts';
import { claimsInMemory } from './pilots-rush/claims-in-memory.ts';
import { SteadyPilots } from './pilots-rush/steady-pilots.ts';
import { here, mebibytes } from './pool-store/conditions.ts';
import { LeanClient } from './pool-store/lean-client.ts';
import { MeasuredPool } from './pool-store/measured-pool.ts';
import { realJob } from './pool-store/real-job.ts';

/**
 * A pool is killed while ten thousand pilots run its jobs, and all come back to the next process; then fifteen thousand are connected
 * at once. `--pilots=N`, `--sockets=N`: smaller numbers, for a profile (`GLIDEIN_BENCH_PROFILE=DIRECTORY`);
 * `--claims=0`: without the measurement of claims in memory.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((each) => each.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};
const pilots = option('pilots', 10_000);
const sockets = option('sockets', 15_000);
const slots = 4;

async function rush(): Promise<void> {
  const pool = await MeasuredPool.start();
  const steady = new SteadyPilots(pool);
  try {
    const client = await LeanClient.open(pool.url, await pool.token('submitter', 'alice'));
    const jobs = pilots * slots;
    for (let submitted = 0; submitted < jobs; submitted += 1000)
      await client.ask('POST', '/v1/jobs', JSON.stringify(realJob(Math.min(1000, jobs - submitted))));
    client.close();
    await steady.grow(pilots);
    await steady.runAll(jobs);
    let before = await pool.cost();
    let began = 0;
    let restarted = 0;
    await steady.rush(async () => {
      restarted = await pool.restart('SIGKILL');
      await pool.watchTurns();
      before = await pool.cost();
      began = performance.now();
    });
    const took = performance.now() - began;
    const after = await pool.cost();
    if (steady.lost > 0 || steady.running !== jobs) throw new Error(`${steady.lost} claims were lost`);
    const conditions = `${pilots} pilots that run ${jobs} jobs come back within ${(took / 1000).toFixed(1)} s to a pool that was killed and served again after ${(restarted / 1000).toFixed(1)} s; no claim is dropped or sent again; ${here}`;
    const base = { baseline: null, better: 'lower', memory: mebibytes(after.rss), conditions } as const;
    report({
      name: 'CPU of a pool to which all pilots come back',
      figure: (after.cpu - before.cpu) / 1000,
      unit: 's',
      aim: 5,
      ...base,
    });
    report({
      name: 'CPU for one pilot that comes back',
      figure: (after.cpu - before.cpu) / pilots,
      unit: 'ms',
      aim: 0.5,
      ...base,
    });
    report({
      name: 'CPU of the longest turn while they come back',
      figure: after.longestTurnCpu,
      unit: 'ms',
      aim: 50,
      ...base,
    });
    await connectAll(pool, steady);
  } finally {
    await steady.end();
    await pool.destroy();
  }
}

async function connectAll(pool: MeasuredPool, steady: SteadyPilots): Promise<void> {
  const before = await pool.costCollected();
  const first = steady.up;
  await steady.grow(sockets);
  const after = await pool.costCollected();
  report({
    name: 'memory of a connected pilot',
    figure: (after.heap - before.heap) / (steady.up - first) / 1024,
    unit: 'KiB',
    aim: null,
    better: 'lower',
    baseline: null,
    memory: mebibytes(after.rss),
    conditions: `heap after a collection, from ${first} to ${steady.up} pilots on sockets of their own; ${here}`,
  });
}

if (option('claims', 1) === 1) await claimsInMemory();
await rush();
