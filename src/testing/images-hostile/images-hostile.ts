import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import { eventually } from '../eventually.ts';
import { ImageRegistry } from '../image-registry.ts';
import { MemoryGroup } from '../memory-group.ts';
import { PublisherProcess } from '../publisher-process.ts';
import { type HostileKind, hostileKinds, noise } from './hostile-kinds.ts';
import { Sampler, type Samples } from './samples.ts';

export interface ImagesHostileOptions {
  /** How many images there are of each kind. */
  readonly copies: number;
  /** How many good images there are in each of two registries: the hostile one, and one of their own. */
  readonly good: number;
  /** Leaves out what takes long. */
  readonly isShort: boolean;
  /** Kinds by their names; all if undefined. */
  readonly kinds?: readonly string[] | undefined;
  readonly log: (line: string) => void;
}

/** What one run with a publisher has shown. */
export interface HostileRun {
  /** Milliseconds until the last good image was live; undefined: it was not. */
  readonly goodLiveAfter: number | undefined;
  readonly samples: Samples;
  /** How often the kernel has killed something for its memory; undefined where there is no group. */
  readonly kills: number | undefined;
}

export interface ImagesHostileReport {
  readonly images: number;
  readonly alone: HostileRun;
  readonly beside: HostileRun;
  /** Every bound that was broken. */
  readonly wrong: readonly string[];
}

/** What a publisher's container has, and what its set allows. */
const bounds = { container: 512 * 2 ** 20, layerCache: 64 * 2 ** 20, imageSize: 64 * 2 ** 20, parallel: 2 };

const limits = {
  imageSize: '64Mi',
  entries: 1_000_000,
  tags: 500,
  timeLimit: '4m',
  parallel: bounds.parallel,
  layerCache: '64Mi',
};

/** Good images are of this size, so that together they do not fit into the layer cache. */
const goodBytes = 4 * 2 ** 20;

/** One image of a kind in the hostile registry. */
interface Attack {
  readonly name: string;
  readonly kind: HostileKind;
  readonly reference: string;
}

/**
 * Publishes good images, first alone and then beside hundreds that do harm, with a publisher in a container's memory; and looks
 * whether every bound holds, every image that does harm fails by its reason, and every good one is live.
 */
export async function imagesHostile(options: ImagesHostileOptions): Promise<ImagesHostileReport> {
  const evil = await ImageRegistry.start();
  const good = await ImageRegistry.start();
  const wrong: string[] = [];
  try {
    const attacks = await pushAttacks(evil, options);
    const wanted = [
      ...(await pushGood(evil, options.good, 0)),
      ...(await pushGood(good, options.good, 1000)),
    ];
    const alone = await run({ wanted, attacks: [] }, wrong, options);
    const beside = await run({ wanted, attacks }, wrong, options);
    return { images: attacks.length + wanted.length, alone, beside, wrong };
  } finally {
    await Promise.all([evil.stop(), good.stop()]);
  }
}

async function pushGood(registry: ImageRegistry, count: number, from: number): Promise<string[]> {
  const references = [];
  for (let at = 0; at < count; at += 1) {
    const name = `good/name-${at}:1`;
    await registry.push(name, [{ x: { content: noise(goodBytes, from + at) } }, { y: String(from + at) }]);
    references.push(`${registry.host}/${name}`);
  }
  return references;
}

async function pushAttacks(
  registry: ImageRegistry,
  { copies, isShort, kinds }: ImagesHostileOptions,
): Promise<Attack[]> {
  const attacks: Attack[] = [];
  const byRepository = new Map<string, HostileKind>();
  for (const [kindName, kind] of Object.entries(hostileKinds)) {
    if ((isShort && kind.isLong === true) || kinds?.includes(kindName) === false) continue;
    for (let copy = 0; copy < Math.min(copies, kind.most ?? copies); copy += 1) {
      const repository = `evil/${kindName}-${copy}`;
      await kind.push(registry, `${repository}:1`, copy);
      byRepository.set(repository, kind);
      const reference = `${registry.host}/${repository}:${kind.tag ?? '1'}`;
      attacks.push({ name: `${kindName}-${copy}`, kind, reference });
    }
  }
  registry.answer = (request, response) => {
    const [, repository = ''] = /^\/v2\/(evil\/[^/]+)\//.exec(request.url ?? '') ?? [];
    return byRepository.get(repository)?.answer?.(request, response, registry) ?? false;
  };
  return attacks;
}

async function run(
  { wanted, attacks }: { readonly wanted: readonly string[]; readonly attacks: readonly Attack[] },
  wrong: string[],
  { log, isShort }: ImagesHostileOptions,
): Promise<HostileRun> {
  const root = await mkdtemp(join(tmpdir(), 'glidein-hostile-'));
  const group = await MemoryGroup.make(`glidein-hostile-${process.pid}`, bounds.container);
  // Those that do harm come first.
  const images = [...attacks.map(({ reference }) => reference), ...wanted].map((reference) => ({
    reference,
  }));
  await PublisherProcess.write(root, { images, limits, schedule: { every: '1h' } });
  const begun = performance.now();
  const publisher = PublisherProcess.start(root, ['--layers', join(root, 'layers')], {
    through: group,
    // As the operator starts it.
    environment: { NODE_OPTIONS: `--max-old-space-size=${bounds.container / 4 / 2 ** 20}` },
  });
  const sampler = Sampler.start({ group, pid: publisher.child.pid ?? 0, root });
  let goodLiveAfter: number | undefined;
  try {
    await eventually(
      async () => {
        if (publisher.child.exitCode !== null || publisher.child.signalCode !== null) return;
        const { live, open } = stateOf(await publisher.status(), wanted, attacks);
        if (live === wanted.length) goodLiveAfter ??= performance.now() - begun;
        if (open.length === 0 && live === wanted.length) return;
        log(
          `${Math.round((performance.now() - begun) / 1000)} s: ${live} good images are live, ${open.length} others are to come: ${open.slice(0, 6).join(' ')}`,
        );
        await sleep(systemClock, isShort ? 100 : 2000);
        throw new Error(`these images are not done: ${open.join(' ')}`);
      },
      isShort ? 150_000 : 1_800_000,
    ).catch((error: unknown) => wrong.push(String(error)));
    const isGone = publisher.child.exitCode !== null || publisher.child.signalCode !== null;
    if (isGone) wrong.push(`the publisher has ended: ${publisher.log.slice(-600)}`);
    wrong.push(...wrongIn(await publisher.status(), wanted, attacks));
    const kills = await group?.kills();
    await publisher.end();
    const samples = await sampler.stop();
    wrong.push(...brokenBounds(samples, kills ?? 0));
    return { goodLiveAfter, samples, kills };
  } finally {
    await publisher.end('SIGKILL');
    await sampler.stop();
    await group?.remove();
    await rm(root, { recursive: true, force: true });
  }
}

/** What each entry of the set has come to: its images and, for a pattern, its listing. */
function outcomeOf(status: ImageSetStatus | undefined, reference: string) {
  const image = status?.images.find((each) => each.reference === reference);
  const listing = status?.listings.find((each) => each.reference === reference);
  return { isLive: image?.digest !== undefined, failure: image?.failure ?? listing?.failure };
}

function stateOf(status: ImageSetStatus | undefined, wanted: readonly string[], attacks: readonly Attack[]) {
  const live = wanted.filter((reference) => outcomeOf(status, reference).isLive).length;
  const open = attacks.filter(({ reference }) => {
    const { isLive, failure } = outcomeOf(status, reference);
    return !isLive && failure === undefined;
  });
  return { live, open: open.map(({ name }) => name) };
}

function wrongIn(
  status: ImageSetStatus | undefined,
  wanted: readonly string[],
  attacks: readonly Attack[],
): string[] {
  const dead = wanted.flatMap((reference) => {
    const { isLive, failure } = outcomeOf(status, reference);
    return isLive ? [] : [`the good image ${reference} is not live: ${failure?.reason ?? 'it is to come'}`];
  });
  const others = attacks.flatMap(({ name, kind: { reason }, reference }) => {
    const { isLive, failure } = outcomeOf(status, reference);
    const isAsWanted = reason === undefined ? isLive : failure !== undefined && reason.test(failure.reason);
    const what =
      failure === undefined
        ? isLive
          ? 'live'
          : 'to come'
        : `${failure.code}: ${failure.reason.slice(0, 300)}`;
    return isAsWanted ? [] : [`${name} is ${what}, not ${String(reason ?? 'live')}`];
  });
  return [...dead, ...others];
}

function brokenBounds({ memory, layers, leftovers }: Samples, kills: number): string[] {
  const cache = bounds.layerCache + bounds.parallel * bounds.imageSize;
  return [
    ...(memory.all > bounds.container ? [`the processes took ${memory.all} bytes of memory`] : []),
    ...(kills > 0 ? [`the kernel killed ${kills} processes for their memory`] : []),
    ...(layers > cache ? [`the layers took ${layers} bytes, and ${cache} were promised`] : []),
    ...(leftovers.length > 0 ? [`left behind: ${leftovers.slice(0, 20).join(' ')}`] : []),
  ];
}
