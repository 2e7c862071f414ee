import assert from 'node:assert/strict';
import { BareStore } from '../pool-store/bare-store.ts';
import { mebibytes } from '../pool-store/conditions.ts';
import { besideOthers, reportBeside, tenJobs } from './beside.ts';
import { Figures, progress, type Sizes } from './figures.ts';
import { FullPool } from './full-pool.ts';
import { measuredClusters } from './jobs.ts';
import { nothingChanges, oneArrives, oneIsFreed } from './moments.ts';
import { measuredSlots } from './slots.ts';

/**
 * The negotiator of the pool's core on a real disk: a million jobs, a hundred thousand slots. "Full" is the pass after all
 * pilots have come back in one moment, as when a network was gone; afterwards one job comes, one slot becomes free, nothing
 * changes at all, and a user with few jobs has them started beside all others.
 */
export async function passes(sizes: Sizes): Promise<void> {
  const figures = new Figures(sizes);
  progress(`registering ${sizes.slots} pilots`);
  const beside = await FullPool.with(measuredSlots(sizes.slots, sizes.buckets), async (pool) => {
    pool.pilots.goAll();
    await submitAll(pool, sizes);
    await fullPass(pool, figures, sizes.slots);
    await memory(pool, figures);
    await oneArrives(pool, figures);
    await oneIsFreed(pool, figures);
    await nothingChanges(pool, figures);
    return besideOthers(pool);
  });
  progress(`registering ${sizes.slots} pilots without other jobs`);
  const alone = await FullPool.with(measuredSlots(sizes.slots, sizes.buckets, true), tenJobs);
  reportBeside(figures, beside, alone);
}

async function submitAll(pool: FullPool, { jobs, autoclusters }: Sizes): Promise<void> {
  progress(`submitting ${jobs} jobs`);
  for (const cluster of measuredClusters(autoclusters, jobs / autoclusters)) await pool.submit(cluster);
  await pool.core.ledger.folded();
  await pool.settled();
}

async function fullPass(pool: FullPool, figures: Figures, slots: number): Promise<void> {
  const { pilots, core } = pool;
  const before = { running: pool.running, starts: pilots.starts };
  progress('all pilots come back');
  const registering = pilots.comeAll();
  progress('full pass');
  const cpu = threadCpu();
  const began = performance.now();
  core.pilots.changed();
  const passed = await pool.settled();
  const matches = pool.running - before.running;
  await core.ledger.settled();
  const ended = Math.max(passed, pilots.lastStart);
  assert.equal(pilots.starts - before.starts, matches, 'each match is told to its pilot');
  const used = Math.round(threadCpu() - cpu);
  figures.report('full pass, until its last match is durable and sent', ended - began, {
    aim: 2000,
    baseline: await bareCommits(matches),
    more: `${matches} matches; the last pass ended after ${Math.round(passed - began)} ms; ${used} ms of CPU in the pool's main thread; the baseline is a bare SQLite worker that commits as many rows of 300 bytes`,
  });
  figures.report('registration of one pilot', registering / slots, {
    aim: null,
    more: 'its hello is read, its slot entered, its claims compared; no socket',
  });
}

async function memory(pool: FullPool, figures: Figures): Promise<void> {
  const { rss, heap } = await pool.memory();
  const base = { unit: 'MiB', aim: 2048, more: 'after a garbage collection; the benchmark included' };
  figures.report('memory of jobs and slots together: the process', mebibytes(rss), base);
  figures.report('memory of jobs and slots together: the heap', mebibytes(heap), base);
}

const threadCpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** @returns milliseconds */
async function bareCommits(rows: number): Promise<number> {
  const store = await BareStore.start();
  const text = 'x'.repeat(300);
  // Its thread has to start first.
  await store.append({ kind: 'journal', text });
  const began = performance.now();
  await Promise.all(Array.from({ length: rows }, () => store.append({ kind: 'journal', text })));
  const took = performance.now() - began;
  await store.stop();
  return took;
}
