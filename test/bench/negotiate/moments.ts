import assert from 'node:assert/strict';
import { percentile } from '#testing/figures.ts';
import { type Figures, progress } from './figures.ts';
import type { FullPool } from './full-pool.ts';
import { lateCluster } from './jobs.ts';
import { lateSite } from './slots.ts';

/** How often what one job or slot causes is measured. */
const rounds = 100;

/** Milliseconds until the pool has decided, and until the pilot of the match was told, in each round. */
interface Moments {
  readonly matched: number[];
  readonly sent: number[];
}

/** A job of its own kind comes, and a slot is free for it; then it ends. */
export async function oneArrives(pool: FullPool, figures: Figures): Promise<void> {
  progress('one job arrives');
  const moments: Moments = { matched: [], sent: [] };
  for (let round = 0; round < rounds; round += 1) {
    const cluster = lateCluster(1, 300 + round);
    await pool.settled();
    const { running } = pool;
    const told = nextStart(pool);
    const began = performance.now();
    const submitted = pool.submit(cluster);
    while (pool.running === running) await pool.passEnded();
    moments.matched.push(performance.now() - began);
    await submitted;
    const { uid, at } = await told;
    moments.sent.push(at - began);
    await pool.pilots.endNewest(uid);
  }
  reportMoments(figures, 'one arriving job', moments);
}

/** A running job ends, and another one takes its place. */
export async function oneIsFreed(pool: FullPool, figures: Figures): Promise<void> {
  progress('one slot becomes free');
  const moments: Moments = { matched: [], sent: [] };
  const busy = busyPilots(pool).slice(0, rounds);
  for (const uid of busy) {
    await pool.settled();
    const { running } = pool;
    const told = nextStart(pool);
    const began = performance.now();
    const ended = pool.pilots.endNewest(uid);
    while (pool.running < running) await pool.passEnded();
    moments.matched.push(performance.now() - began);
    const { at } = await told;
    moments.sent.push(at - began);
    await ended;
  }
  assert.equal(busy.length, rounds);
  reportMoments(figures, 'one freed slot', moments);
}

export async function nothingChanges(pool: FullPool, figures: Figures): Promise<void> {
  progress('nothing changes');
  await pool.settled();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const ended = pool.passEnded();
    const began = performance.now();
    pool.core.pilots.changed();
    times.push((await ended) - began);
  }
  figures.report('a pass in which nothing changed', percentile(times, 0.5), {
    aim: 1,
    more: `median of ${rounds}; p99 ${percentile(times, 0.99).toFixed(2)} ms`,
  });
}

/** Pilots that run a job of the many besides what they had taken before. */
export const busyPilots = ({ core }: FullPool): readonly string[] =>
  [...core.collector.all()]
    .filter(({ facts, claims }) => facts.site !== lateSite && claims.size > 1)
    .map(({ facts }) => facts.uid);

function reportMoments(figures: Figures, what: string, { matched, sent }: Moments): void {
  const p99 = (times: readonly number[]) => percentile(times, 0.99).toFixed(2);
  figures.report(`${what}, until it is matched`, percentile(matched, 0.5), {
    aim: 5,
    more: `median of ${rounds}; p99 ${p99(matched)} ms`,
  });
  figures.report(`${what}, until the match is durable and sent`, percentile(sent, 0.5), {
    aim: null,
    more: `median of ${rounds}; p99 ${p99(sent)} ms; with the commits of what caused it and of the match`,
  });
}

const nextStart = ({ pilots }: FullPool): Promise<{ uid: string; at: number }> =>
  new Promise((resolve) => {
    pilots.onStart = resolve;
  });
