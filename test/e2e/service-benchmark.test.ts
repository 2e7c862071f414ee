import { cp, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';

/** The example of a benchmark as users find it, with real pilots. */

const examples = resolve(import.meta.dirname, '../../examples');

let up: GlideinUp | undefined;
afterEach(async () => {
  await up?.stop();
  up = undefined;
});

/** The manifests of an example by their names. */
async function manifestsOf(name: string): Promise<Record<string, string>> {
  const folder = join(examples, name);
  const names = (await readdir(folder)).filter((each) => each.endsWith('.yaml'));
  const texts = await Promise.all(
    names.map(async (each) => [each, await readFile(join(folder, each), 'utf8')] as const),
  );
  return Object.fromEntries(texts);
}

/** Submits a file of an example in a copy of it, where the results come. @returns the copy, and the cluster */
async function submit(site: GlideinUp, name: string, file: string): Promise<[string, number]> {
  const folder = join(site.directory, name);
  await cp(join(examples, name), folder, { recursive: true });
  const { code, out, err } = await site.glidein(['submit', join(folder, file)]);
  expect(code, err).toBe(0);
  return [folder, Number(/cluster (\d+)/.exec(out)?.[1])];
}

const completed = (site: GlideinUp, cluster: number, milliseconds = 60_000) =>
  eventually(async () => {
    const jobs = await site.jobs(cluster);
    expect(jobs.length).toBeGreaterThan(0);
    expect(jobs.map(({ ad }) => ad.JobStatus)).toEqual(jobs.map(() => '4'));
    return jobs;
  }, milliseconds);

/** The values of these attributes of the slots of all pilots, a line each. */
const told = async (site: GlideinUp, ...attributes: string[]) =>
  (await site.glidein(['status', '--constraint', 'PartitionableSlot', '--af', ...attributes])).out.trim();

test('the example of a benchmark: the first pilot of a node measures it, the next one need not, and the rank of a job chooses the fastest', async () => {
  const manifests = await manifestsOf('benchmark');
  // Pilots stay until all of them have been seen.
  manifests['group.yaml'] = manifests['group.yaml']!.replace('maxIdle: 30s', 'maxIdle: 10m');
  const slow = manifests['group.yaml']!.replace('  name: benchmark\nspec:', '  name: slow\nspec:')
    .replace('(100000000 / (ended - begun))', '(1 + 0)')
    .replace('pressurePolicyRef:\n    name: benchmark', 'replicas: 1');
  const fast = manifests['group.yaml']!.replace('pressurePolicyRef:\n    name: benchmark', 'replicas: 2');
  up = await GlideinUp.start({ ...manifests, 'group.yaml': fast, 'slow.yaml': slow });
  const site = up;
  await eventually(async () => {
    const lines = (await told(site, 'GLIDEIN_Group', 'Benchmark_Hashes_Cached')).split('\n').sort();
    expect(lines).toEqual(['benchmark false', 'benchmark true', 'slow false']);
  }, 60_000);
  const scores = (await told(site, 'GLIDEIN_Group', 'Benchmark_Hashes', 'Benchmark_Hashes_Unit')).split('\n');
  const measured = scores.filter((line) => line.startsWith('benchmark '));
  expect(new Set(measured).size).toBe(1);
  expect(Number(measured[0]?.split(' ')[1])).toBeGreaterThan(1);
  expect(scores).toContain('slow 1 MB/s');
  const [folder, cluster] = await submit(site, 'benchmark', 'fast.sub');
  const [job] = await completed(site, cluster);
  expect(job?.ad.LastRemoteHost).toMatch(/benchmark/);
  // Results come back a moment after the job has completed.
  await eventually(async () =>
    expect(await readFile(join(folder, 'fast.out'), 'utf8')).toContain(
      `Benchmark_Hashes = ${measured[0]?.split(' ')[1]}\n`,
    ),
  );
});

test('the example of a benchmark: a job that asks for a score starts the first pilot', async () => {
  up = await GlideinUp.start(await manifestsOf('benchmark'));
  const [, cluster] = await submit(up, 'benchmark', 'fast.sub');
  await completed(up, cluster);
});
