import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile, report } from '#testing/figures.ts';
import { BareContainers } from './pilot/bare-containers.ts';
import { MeasuredPilot } from './pilot/measured-pilot.ts';

/**
 * What a pilot costs: its start, its memory, and what it adds to a bare `apptainer exec … true`, in the same run. The
 * pool only hands out jobs, in the process of this benchmark.
 */

const image = 'bench';
const rounds = Number(process.env.GLIDEIN_BENCH_ROUNDS ?? 50);
const seconds = Number(process.env.GLIDEIN_BENCH_SECONDS ?? 8);
/** Jobs at the same time where throughput is measured. */
const together = 4;
const machine = `${cpus().length} cores, ${process.getuid?.() === 0 ? 'root' : 'ordinary user'}`;

const modes = ['fresh', 'warm'] as const;

const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-'));
const bare = new BareContainers(directory, image);
const pilots: MeasuredPilot[] = [];

async function start(isWarm: boolean, cacheDirectory?: string): Promise<MeasuredPilot> {
  const shared = cacheDirectory === undefined ? {} : { cacheDirectory };
  const pilot = await MeasuredPilot.start({ image, isWarm, ...shared });
  pilots.push(pilot);
  return pilot;
}

async function starts(): Promise<void> {
  const shared = join(directory, 'cache');
  const figures: Record<'first' | 'remembered', number[]> = { first: [], remembered: [] };
  const resident: number[] = [];
  await (await start(false, shared)).stop();
  for (let round = 0; round < 8; round += 1) {
    const first = await start(false);
    figures.first.push(first.registeredAfter);
    await first.stop();
    const next = await start(false, shared);
    figures.remembered.push(next.registeredAfter);
    resident.push(await next.resident());
    await next.stop();
  }
  const base = { unit: 'ms', aim: 300, better: 'lower', baseline: null } as const;
  report({
    ...base,
    name: 'process start to registered, first pilot on a node, p50',
    figure: percentile(figures.first, 0.5),
    conditions: `8 starts, no services, ${machine}`,
  });
  report({
    ...base,
    name: 'process start to registered, node known, p50',
    figure: percentile(figures.remembered, 0.5),
    conditions: `8 starts, no services, ${machine}`,
  });
  report({
    name: 'resident memory of a pilot that has registered',
    figure: percentile(resident, 0.5),
    unit: 'MiB',
    aim: 70,
    better: 'lower',
    baseline: null,
    conditions: `8 starts, ${machine}`,
  });
}

async function oneByOne(pilot: MeasuredPilot, mode: string): Promise<void> {
  const bares: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bares.push(await bare.run());
    ours.push(await pilot.run());
  }
  const baseline = percentile(bares, 0.5);
  report({
    name: `empty payload from start message to its end, ${mode}, p50`,
    figure: percentile(ours, 0.5),
    unit: 'ms',
    aim: baseline + 15,
    better: 'lower',
    baseline,
    conditions: `${rounds} rounds, turn by turn beside bare apptainer exec, one at a time, ${machine}`,
  });
}

async function sixteen(pilot: MeasuredPilot, mode: string): Promise<void> {
  const all = async (run: () => Promise<number>) => {
    const begun = performance.now();
    await Promise.all(Array.from({ length: 16 }, run));
    return performance.now() - begun;
  };
  const bares: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    bares.push(await all(() => bare.run()));
    ours.push(await all(() => pilot.run()));
  }
  report({
    name: `16 empty payloads at once, ${mode}, until the last has ended, p50`,
    figure: percentile(ours, 0.5),
    unit: 'ms',
    aim: null,
    better: 'lower',
    baseline: percentile(bares, 0.5),
    conditions: `5 rounds, turn by turn beside 16 bare apptainer exec, ${machine}`,
  });
}

/** Runs as many as possible, some at a time. @returns how many a second */
async function rate(run: () => Promise<number>): Promise<number> {
  const begun = performance.now();
  let count = 0;
  const keepRunning = async () => {
    while (performance.now() - begun < seconds * 1000) {
      await run();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: together }, keepRunning));
  return (count * 1000) / (performance.now() - begun);
}

async function throughput(pilot: MeasuredPilot, mode: (typeof modes)[number]): Promise<void> {
  const before = await rate(() => bare.run());
  const figure = await rate(() => pilot.run());
  const baseline = (before + (await rate(() => bare.run()))) / 2;
  report({
    name: `empty payloads a second, ${mode}`,
    figure,
    unit: 'jobs/s',
    aim: baseline * (mode === 'warm' ? 5 : 0.85),
    better: 'higher',
    baseline,
    memory: await pilot.resident(),
    conditions: `${together} at a time for ${seconds} s, bare apptainer exec before and after, ${machine}`,
  });
}

try {
  await starts();
  for (const mode of modes) {
    process.stderr.write(`${mode} containers\n`);
    const pilot = await start(mode === 'warm');
    for (let before = 0; before < 5; before += 1) await pilot.run();
    await oneByOne(pilot, mode);
    await sixteen(pilot, mode);
    await throughput(pilot, mode);
    await pilot.stop();
  }
} finally {
  await Promise.all(pilots.map((pilot) => pilot.stop()));
  await rm(directory, { recursive: true, force: true });
}
