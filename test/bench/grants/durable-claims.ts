import { cpus } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Core } from '#pool/core.ts';
import { report } from '#testing/figures.ts';
import { BenchCore } from './bench-core.ts';

const slotsOfPilot = 10;
const clusters = 1000;

/** What a pass of the negotiator works for before others get their turn. */
const slice = 25;

/**
 * Grants a job to every slot, pilot by pilot, in slices.
 * @returns the processor's milliseconds of the slices
 */
async function grantAll(core: Core, slots: number): Promise<number> {
  const takes = { cpus: 1, memory: 128, disk: 1024, gpus: 0 };
  const pilots = [...core.collector.all()];
  let granted = 0;
  let work = 0;
  let [began, cpu] = [performance.now(), process.threadCpuUsage()];
  const rest = async () => {
    const { user, system } = process.threadCpuUsage(cpu);
    work += (user + system) / 1000;
    await nextTurn();
    [began, cpu] = [performance.now(), process.threadCpuUsage()];
  };
  for (const { waiting } of core.autoclusters.all()) {
    for (const job of waiting) {
      const pilot = pilots[Math.floor(granted / slotsOfPilot)];
      if (granted === slots || pilot === undefined) break;
      core.claims.grant(job, pilot, takes, []);
      granted += 1;
      if (performance.now() - began >= slice) await rest();
    }
  }
  await rest();
  return work;
}

/** The longest time in which nobody else had a turn. */
async function longestTurn(until: Promise<unknown>): Promise<number> {
  let longest = 0;
  let isOver = false;
  const ended = until.finally(() => {
    isOver = true;
  });
  for (let last = performance.now(); !isOver; ) {
    await nextTurn();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await ended;
  return longest;
}

/** A million idle jobs, and a claim for each slot. Matching is left out: only what follows it is measured. */
export async function durableClaims(slots: number): Promise<void> {
  const bench = await BenchCore.open();
  const { core } = bench;
  try {
    await bench.submit(clusters, 1000, 50);
    bench.register(slots / slotsOfPilot, true);
    await nextTurn();
    const cpu = process.cpuUsage();
    const began = performance.now();
    let [work, durable, told] = [0, 0, 0];
    const all = async () => {
      work = await grantAll(core, slots);
      await core.ledger.settled();
      durable = performance.now() - began;
      while (bench.starts < slots) await nextTurn();
      told = performance.now() - began;
    };
    const longest = await longestTurn(all());
    const used = process.cpuUsage(cpu);
    const conditions = `a claim for each of ${slots} slots of ${slots / slotsOfPilot} pilots, 1,000,000 idle jobs in ${clusters} clusters, without matching; the pilots are in the process of the pool, its database on a disk, ${cpus().length} cores`;
    const base = { baseline: null, memory: process.memoryUsage().rss / 2 ** 20, conditions } as const;
    report({
      name: 'durable claims a second',
      figure: (slots / durable) * 1000,
      unit: '1/s',
      aim: 100_000,
      better: 'higher',
      ...base,
    });
    report({
      name: 'CPU of the core until a claim is recorded',
      figure: (work / slots) * 1000,
      unit: 'µs',
      aim: 10,
      better: 'lower',
      ...base,
    });
    report({
      name: 'CPU of a claim, with its commit and its start message',
      figure: (used.user + used.system) / slots,
      unit: 'µs',
      aim: null,
      better: 'lower',
      ...base,
    });
    report({
      name: 'time until all pilots are told to start',
      figure: told,
      unit: 'ms',
      aim: 2000,
      better: 'lower',
      ...base,
    });
    report({
      name: 'longest turn while claims are granted in slices of 25 ms',
      figure: longest,
      unit: 'ms',
      aim: 50,
      better: 'lower',
      ...base,
    });
  } finally {
    await bench.destroy();
  }
}
