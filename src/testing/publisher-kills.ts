import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { ImageDirectory, imageDigests, publishedNames } from '#images/tree/image-directory.ts';
import { verifyImage } from '#images/tree/verify.ts';
import type { TestLayer } from './image-layers.ts';
import { ImageRegistry } from './image-registry.ts';
import { PublisherProcess } from './publisher-process.ts';

export interface PublisherKillsOptions {
  readonly times: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

/** What was found after each kill. */
export interface PublisherKillsReport {
  readonly kills: number;
  /** Links that were looked at, each to a tree of which every file was read. */
  readonly verified: number;
  /** Kills after which something was being made, or deleted. */
  readonly interrupted: number;
  /** Links that led to no complete image, and what was left after the last run. */
  readonly wrong: readonly string[];
}

const tags = ['1', '2', '3', '4'];
const { signal } = new AbortController();

/**
 * Kills a publisher at random instants while its tags move and images without a name are removed. After each kill, every
 * name must lead to a complete image; a last run must leave nothing but what is wanted.
 */
export async function publisherKills({
  times,
  random,
  log,
}: PublisherKillsOptions): Promise<PublisherKillsReport> {
  const root = await mkdtemp(join(tmpdir(), 'glidein-kills-'));
  const registry = await ImageRegistry.start();
  const report = { kills: 0, verified: 0, interrupted: 0, wrong: [] as string[] };
  const images = tags.map((tag) => ({ reference: `${registry.host}/org/name:${tag}` }));
  await PublisherProcess.write(root, {
    images,
    schedule: { every: '1s', retryMost: '1s' },
    retention: { unlistedFor: '0s', grace: '0s' },
  });
  try {
    for (const tag of tags) await push(registry, tag, random);
    report.wrong.push(...(await untilPublished(root, registry)));
    for (let kill = 0; kill < times; kill += 1) {
      for (const tag of tags) if (random() < 0.7) await push(registry, tag, random);
      const publisher = PublisherProcess.start(root);
      await untilItWorks(publisher);
      await sleep(systemClock, random() * 1500);
      await publisher.end('SIGKILL');
      report.kills += 1;
      const { verified, wrong, isInterrupted } = await look(publisher.directory);
      report.verified += verified;
      report.interrupted += isInterrupted ? 1 : 0;
      for (const each of wrong) report.wrong.push(`kill ${report.kills}: ${each}`);
      log(
        `kill ${report.kills}: ${verified} links, ${isInterrupted ? 'interrupted' : 'at rest'}, ${wrong.length} wrong`,
      );
    }
    report.wrong.push(...(await untilPublished(root, registry)));
    return report;
  } finally {
    await registry.stop();
    await rm(root, { recursive: true, force: true });
  }
}

/** An image whose layers take a moment to be unpacked. */
async function push(registry: ImageRegistry, tag: string, random: () => number): Promise<void> {
  const layers = Array.from(
    { length: 3 },
    (_, layer): TestLayer =>
      Object.fromEntries(
        Array.from({ length: 150 }, (__, file) => [
          `layer${layer}/file${file}`,
          `${tag} ${random()} `.repeat(1 + Math.floor(random() * 400)),
        ]),
      ),
  );
  await registry.push(`org/name:${tag}`, layers);
}

/** Until it has read what the last one has left: its log says so. */
async function untilItWorks(publisher: PublisherProcess): Promise<void> {
  for (let tries = 0; !publisher.log.includes('publisher is working'); tries += 1) {
    if (tries > 3000 || publisher.child.exitCode !== null)
      throw new Error(`the publisher does not start: ${publisher.log}`);
    await sleep(systemClock, 10);
  }
}

async function look(directory: string) {
  const wrong: string[] = [];
  const names = await publishedNames(directory);
  for (const { name, digest } of names) {
    const problems =
      digest === undefined ? ['leads to no image'] : await verifyImage(directory, digest, true, signal);
    wrong.push(...problems.map((problem) => `${name}: ${problem}`));
  }
  const staged = await readdir(join(directory, '.staging')).catch(() => []);
  return { verified: names.length, wrong, isInterrupted: staged.length > 0 };
}

/** A run that is not killed publishes what the registry has, and clears away everything else. @returns what is wrong */
async function untilPublished(root: string, registry: ImageRegistry): Promise<string[]> {
  const publisher = PublisherProcess.start(root);
  const wanted = tags.map((tag) => digestIn(registry, tag));
  for (let tries = 0; tries < 600; tries += 1) {
    await sleep(systemClock, 50);
    const names = await publishedNames(publisher.directory);
    const isLive = tags.every((tag, at) =>
      names.some(({ name, digest }) => name.endsWith(`/org/name:${tag}`) && digest === wanted[at]),
    );
    if (isLive && (await imageDigests(publisher.directory)).length === new Set(wanted).size) break;
  }
  await publisher.end();
  const { wrong } = await look(publisher.directory);
  const there = [...(await imageDigests(publisher.directory))].sort().join();
  if (there !== [...new Set(wanted)].sort().join()) wrong.push(`there is ${there}, not ${wanted.join()}`);
  (await ImageDirectory.open(publisher.directory)).close();
  const staged = await readdir(join(publisher.directory, '.staging'));
  if (staged.length > 0) wrong.push(`left behind: ${staged.join()}`);
  return wrong;
}

function digestIn(registry: ImageRegistry, tag: string): string {
  const body = registry.manifests.get(`org/name:${tag}`);
  const [key] = [...registry.manifests].find(([name, each]) => name.includes('@') && each === body) ?? [];
  return key?.split('@')[1] ?? '';
}
