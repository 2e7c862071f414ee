import { report } from '#testing/figures.ts';
import { type Cycle, condorCycle } from './condor-cycle.ts';
import { type CycleSizes, cycleClusters, cycleSlots } from './cycle-slots.ts';
import { progress } from './figures.ts';
import { FullPool } from './full-pool.ts';

const sizes: CycleSizes = { slots: 5000, autoclusters: 200, jobsOfEach: 25 };
const aim = 10;

/**
 * A cycle of HTCondor's real negotiator beside a full pass of the pool's, on the same slots and jobs. HTCondor's time is that of
 * the negotiator alone; the pool's ends when the last match is durable and sent.
 */
export async function besideHtcondor(): Promise<void> {
  const ours = await FullPool.with(cycleSlots(sizes), ourPass);
  const root = process.env.GLIDEIN_TEST_HTCONDOR;
  if (root === undefined)
    progress(`no HTCondor: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'start it with npm run bench'}`);
  else progress("a cycle of HTCondor's negotiator");
  const theirs = root === undefined ? undefined : await condorCycle(root, sizes);
  const { slots, autoclusters, jobsOfEach } = sizes;
  const conditions = `${autoclusters} autoclusters of ${jobsOfEach} jobs of one user, ${slots} static slots that all differ in what the jobs read; ${ours.matches} matches, durable and sent`;
  const their =
    theirs === undefined
      ? 'without HTCondor'
      : `the baseline is one cycle of HTCondor 25's negotiator by its log, from its queries to its last match, on the same slots and jobs: ${theirs.matches} matches, no claims`;
  report({
    name: "a full pass beside a cycle of HTCondor's negotiator",
    figure: ours.wall,
    unit: 'ms',
    aim: theirs === undefined ? null : theirs.wall / aim,
    better: 'lower',
    baseline: theirs?.wall ?? null,
    conditions: `${conditions}; ${their}`,
  });
}

async function ourPass(pool: FullPool): Promise<Cycle> {
  const { pilots, core } = pool;
  pilots.goAll();
  for (const cluster of cycleClusters(sizes)) await pool.submit(cluster);
  await core.ledger.folded();
  await pool.settled();
  pilots.comeAll();
  progress('a full pass');
  const began = performance.now();
  core.pilots.changed();
  const passed = await pool.settled();
  await core.ledger.settled();
  return { wall: Math.max(passed, pilots.lastStart) - began, matches: pool.running };
}
