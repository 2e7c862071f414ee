import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { percentile, report } from '#testing/figures.ts';
import { writeLayoutOf } from '#testing/image-layout.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { testRuntime } from '#testing/pilot-process.ts';
import { SetWorld } from '#testing/set-world.ts';

/**
 * How long it takes to expand an image, beside umoci and `apptainer build --sandbox` in the same run, each as a process of its own.
 * Ours also fetches it from a registry on loopback, checks it, syncs it to the disk and lists its contents.
 */

const rounds = 3;
const execute = promisify(execFile);
const glidein = join(import.meta.dirname, '../../dist/glidein.js');

const tree = process.env.GLIDEIN_TEST_HTCONDOR;
if (tree === undefined)
  throw new Error(`the tree to pack is missing: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? ''}`);

const root = await mkdtemp(join(tmpdir(), 'glidein-bench-images-'));
await chmod(root, 0o755);
const registry = await ImageRegistry.start();
try {
  const { stdout: archive } = spawnSync(
    'tar',
    [
      '--one-file-system',
      '--exclude=./dev/*',
      '--exclude=./proc/*',
      '--exclude=./sys/*',
      '-C',
      tree,
      '-cf',
      '-',
      '.',
    ],
    { maxBuffer: 2 ** 31 },
  );
  const layout = join(root, 'layout');
  const digest = await writeLayoutOf(layout, [archive]);
  await registry.push('bench/debian:1', [archive]);
  let memory = 0;
  const [umoci, apptainer, ours] = await secondsOf([
    async (round) => {
      await execute('umoci', ['unpack', '--image', `${layout}:image`, join(root, `umoci-${round}`)]);
    },
    async (round) => {
      const env = {
        ...process.env,
        APPTAINER_CACHEDIR: join(root, `cache-${round}`),
        APPTAINER_TMPDIR: root,
      };
      const target = join(root, `apptainer-${round}`);
      await execute(testRuntime.apptainer, ['build', '--sandbox', target, `oci:${layout}@${digest}`], {
        env,
      });
    },
    async (round) => {
      const words = [
        'images',
        'add',
        '--images',
        join(root, `images-${round}`),
        `${registry.host}/bench/debian:1`,
      ];
      const { stderr } = await execute('/usr/bin/time', ['-f', '%M', process.execPath, glidein, ...words], {
        env: { ...process.env, XDG_CACHE_HOME: join(root, `home-${round}`) },
      });
      memory = Math.max(memory, Number(stderr.trim().split('\n').at(-1)) / 1024);
    },
  ] as const);
  const conditions = `median of ${rounds}, ${Math.round(archive.length / 2 ** 20)} MiB in one layer, gzip`;
  const name = 'an image from a registry to a published directory';
  report({
    name: `${name}, beside umoci`,
    figure: ours,
    unit: 's',
    better: 'lower',
    aim: umoci,
    baseline: umoci,
    conditions,
  });
  report({
    name: `${name}, beside apptainer`,
    figure: ours,
    unit: 's',
    better: 'lower',
    aim: apptainer,
    baseline: apptainer,
    conditions,
  });
  report({
    name: 'memory of that',
    figure: memory,
    unit: 'MiB',
    better: 'lower',
    aim: 200,
    baseline: null,
    conditions,
  });
} finally {
  await registry.stop();
  await rm(root, { recursive: true, force: true });
}

await unchangedTags();

/** What a set of tags costs that have not moved. */
async function unchangedTags(): Promise<void> {
  const tags = 1000;
  const world = await SetWorld.start();
  try {
    await world.registry.push('bench/name:0', [{ x: '1' }]);
    const body = world.registry.manifests.get('bench/name:0') ?? Buffer.alloc(0);
    for (let tag = 1; tag < tags; tag += 1) world.registry.manifests.set(`bench/name:${tag}`, body);
    const images = Array.from({ length: tags }, (_, tag) => ({
      reference: world.named(`bench/name:${tag}`),
    }));
    await world.round({ images });
    world.ahead += 3_600_000;
    const before = world.registry.requests.length;
    const begin = performance.now();
    await world.round({ images });
    const conditions = `a set of ${tags} tags, each published, a registry on loopback`;
    report({
      name: 'requests for a tag that has not moved',
      figure: (world.registry.requests.length - before) / tags,
      unit: 'requests',
      better: 'lower',
      aim: 1,
      baseline: null,
      conditions,
    });
    report({
      name: 'a round of tags that have not moved',
      figure: (performance.now() - begin) / 1000,
      unit: 's',
      better: 'lower',
      aim: null,
      baseline: null,
      conditions,
    });
  } finally {
    await world.stop();
  }
}

/**
 * The median time of each of these works, which take turns, so that a machine that others load is as slow for each of them. What they make
 * stays until all is measured: for minutes, ext4 steps over every inode that was freed, one by one, wherever a new file gets its own, and
 * whoever came last would pay for what the others had made.
 */
async function secondsOf<T extends readonly ((round: number) => Promise<void>)[]>(
  works: T,
): Promise<{ [At in keyof T]: number }> {
  const times = works.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, work] of works.entries()) {
      const begin = performance.now();
      await work(round);
      times[at]?.push((performance.now() - begin) / 1000);
    }
  return times.map((each) => percentile(each, 0.5)) as { [At in keyof T]: number };
}
