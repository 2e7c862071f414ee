import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '#testing/figures.ts';
import { type Figures, progress } from './figures.ts';
import type { FullPool } from './full-pool.ts';
import { lateCluster } from './jobs.ts';
import { busyPilots } from './moments.ts';
import { lateSite } from './slots.ts';

const rounds = 50;
const jobs = 10;

/** Jobs of others that end every few milliseconds while ten are measured beside them. */
const endingTogether = 2;
const endingEvery = 4;

/** The figure beside others may be this many times the one without them. */
const allowed = 1.2;

/**
 * A user with slots of his own submits ten jobs, again and again.
 * @returns milliseconds from the submit of each job until its pilot was told to start it
 */
export async function tenJobs(pool: FullPool): Promise<readonly number[]> {
  const { pilots } = pool;
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cluster = lateCluster(jobs, 200);
    const uids: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const began = performance.now();
    pilots.onStart = ({ uid, at }) => {
      if (pool.core.collector.get(uid)?.facts.site !== lateSite) return;
      times.push(at - began);
      if (uids.push(uid) === jobs) resolve();
    };
    await pool.submit(cluster);
    await promise;
    for (const uid of uids) await pilots.endNewest(uid);
    // What their ends cause is over by then.
    await sleep(100);
  }
  pilots.onStart = () => {};
  return times;
}

interface Beside {
  /** While the others wait. */
  readonly waiting: readonly number[];
  /** While they are worked off at this rate. */
  readonly working: readonly number[];
  readonly perSecond: number;
}

export async function besideOthers(pool: FullPool): Promise<Beside> {
  progress('ten jobs beside all others');
  const waiting = await tenJobs(pool);
  const { times, perSecond } = await whileOthersEnd(pool, () => tenJobs(pool));
  return { waiting, working: times, perSecond };
}

export function reportBeside(figures: Figures, beside: Beside, alone: readonly number[]): void {
  const { waiting, working, perSecond } = beside;
  const what = `${alone.length} jobs; the baseline is the same in a pool where nobody else has submitted anything, and no other slot is free either`;
  for (const share of [0.5, 0.99]) {
    const baseline = percentile(alone, share);
    const base = { aim: allowed * baseline, baseline };
    const name = `p${share * 100} from submit to start of one of ten jobs`;
    figures.report(`${name} beside a queue that waits`, percentile(waiting, share), { ...base, more: what });
    figures.report(`${name} beside a queue that is worked off`, percentile(working, share), {
      ...base,
      more: `${Math.round(perSecond)} jobs of others end each second and as many start; ${what}`,
    });
  }
}

/** Jobs of others end all the time, and further ones take their places. */
async function whileOthersEnd(
  pool: FullPool,
  work: () => Promise<readonly number[]>,
): Promise<{ times: readonly number[]; perSecond: number }> {
  const busy = busyPilots(pool);
  let ended = 0;
  const end = () => {
    for (let each = 0; each < endingTogether; each += 1) {
      const uid = busy[ended % busy.length] ?? '';
      ended += 1;
      pool.core.inBackground(pool.pilots.endNewest(uid));
    }
  };
  const began = performance.now();
  const timer = setInterval(end, endingEvery);
  try {
    const times = await work();
    return { times, perSecond: (ended / (performance.now() - began)) * 1000 };
  } finally {
    clearInterval(timer);
    await pool.settled();
  }
}
