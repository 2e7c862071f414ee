import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { Core } from '#pool/core.ts';
import { createLogger } from '#telemetry/logger.ts';
import { jobTexts, slotTexts } from '#testing/ads.ts';
import { report } from '#testing/figures.ts';

/**
 * A million idle jobs, as many slots as `--slots=N` says (100,000), and a claim for each slot, in the slices that a pass of the
 * negotiator has. Matching is left out: only what follows it is measured, until every pilot has its `start` messages.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((each) => each.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};
const slots = option('slots', 100_000);
const slotsOfPilot = 10;
const clusters = 1000;
const clusterSize = 1000;
const slice = 25;

/** What the pilots are told. */
let starts = 0;

async function fill(core: Core): Promise<void> {
  const own = { attributes: { Args: '"--seed $(ProcId)"' }, inputs: [] };
  for (let cluster = 1; cluster <= clusters; cluster += 1) {
    const data = Buffer.from(JSON.stringify(own));
    void core.ledger.record({
      type: 'submit',
      at: Date.now(),
      cluster,
      key: `k${cluster}`,
      owner: `user${cluster % 50}`,
      ad: jobTexts({ Kind: String(cluster), Requirements: 'TARGET.Cpus >= 1 && Kind >= 0' }),
      procs: {
        count: clusterSize,
        parts: [{ kind: 'series', first: 0, count: clusterSize, data, names: ['args'] }],
      },
    });
    if (cluster % 50 === 0) await nextTurn();
  }
  await core.ledger.settled();
  await core.ledger.foldNow();
}

/** They drain, so that the negotiator of the pool itself passes them over. */
function register(core: Core): void {
  const connection = {
    send: () => undefined,
    sendPrinted: () => {
      starts += 1;
    },
    close: () => undefined,
  };
  for (let pilot = 0; pilot < slots / slotsOfPilot; pilot += 1) {
    const uid = `00000000-0000-4000-8000-${String(pilot).padStart(12, '0')}`;
    const slot = slotTexts({ Cpus: String(slotsOfPilot), Memory: '40960', Disk: '104857600' });
    const name = `pilot-${pilot}`;
    const facts = { uid, name, group: 'bench', site: 'here', slot, claims: [], retireIn: 86_400 };
    core.collector.register({ type: 'hello', protocol: 1, draining: true, ...facts }, connection);
  }
}

/** Grants a job to every slot, in slices. @returns the milliseconds of the slices and the longest of them */
async function grantAll(core: Core): Promise<{ readonly work: number; readonly longest: number }> {
  const takes = { cpus: 1, memory: 128, disk: 1024, gpus: 0 };
  const pilots = [...core.collector.all()];
  let granted = 0;
  let [work, longest] = [0, 0];
  let began = performance.now();
  for (const { waiting } of core.autoclusters.all()) {
    for (const job of waiting) {
      const pilot = pilots[granted % pilots.length];
      if (granted === slots || pilot === undefined) break;
      core.claims.grant(job, pilot, takes, []);
      granted += 1;
      const took = performance.now() - began;
      if (took < slice) continue;
      work += took;
      longest = Math.max(longest, took);
      await nextTurn();
      began = performance.now();
    }
  }
  return { work: work + performance.now() - began, longest };
}

/** The longest time in which nobody else had a turn. */
async function watchTurns(until: Promise<unknown>): Promise<number> {
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

async function run(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-grants-'));
  const core = await Core.open({
    settings: {
      directory,
      host: '127.0.0.1',
      port: 0,
      leaseSeconds: 2400,
      mostLostPilots: 5,
      periodicSeconds: 3600,
      synchronous: 'FULL',
      jobMemoryBytes: 4 * 2 ** 30,
    },
    clock: systemClock,
    logger: createLogger('bench', { level: 'warn' }),
    onBroken: (error) => {
      throw error;
    },
  });
  try {
    await fill(core);
    register(core);
    await nextTurn();
    const cpu = process.cpuUsage();
    const began = performance.now();
    let [durable, told] = [0, 0];
    let work = { work: 0, longest: 0 };
    const all = (async () => {
      work = await grantAll(core);
      await core.ledger.settled();
      durable = performance.now() - began;
      while (starts < slots) await nextTurn();
      told = performance.now() - began;
    })();
    const longest = await watchTurns(all);
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
      name: 'time of the core until a claim is recorded',
      figure: (work.work / slots) * 1000,
      unit: 'µs',
      aim: 10,
      better: 'lower',
      ...base,
    });
    report({
      name: 'time until all pilots are told to start',
      figure: told,
      unit: 'ms',
      aim: null,
      better: 'lower',
      ...base,
    });
    report({
      name: 'CPU of a claim, that of the store included',
      figure: (used.user + used.system) / slots,
      unit: 'µs',
      aim: null,
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
    await core.close();
    await rm(directory, { recursive: true, force: true });
  }
}

await run();
