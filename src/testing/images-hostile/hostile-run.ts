import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { DiskVolume } from '../disk-volume.ts';
import { MemoryGroup } from '../memory-group.ts';
import { PublisherProcess } from '../publisher-process.ts';
import { type Aims, failedByReason, stateOf, wrongIn } from './hostile-outcomes.ts';
import { Sampler, type Samples } from './samples.ts';

const mebibyte = 2 ** 20;

/** What a publisher's container has, what its set allows, and what stays free on its volume. */
const bounds = {
  container: 512 * mebibyte,
  layerCache: 64 * mebibyte,
  imageSize: 64 * mebibyte,
  parallel: 2,
  reserve: 256 * mebibyte,
};

/** What may be written between two looks at the disk: by each image that is expanded, and by each layer that is fetched. */
const unseen = 64 * mebibyte;

/** Of its volume, in mebibytes, and how many files that takes: an image of many directories would fill it. */
const volume = { size: 1200, files: 700_000 };

/** What its layers may take. */
export const cacheBound = bounds.layerCache + bounds.parallel * bounds.imageSize;
export const memoryBound = bounds.container;
export const freeBound = bounds.reserve - unseen;

export interface RunOptions {
  /** Milliseconds after which it is over, whatever has come of it. */
  readonly limit: number;
  /** How long the publisher may take for one image, as a set says it. */
  readonly timeLimit: string;
  /** Milliseconds between two looks at what has become of the images. */
  readonly pause: number;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What one run with a publisher has shown. */
export interface HostileRun {
  /** Milliseconds until the last good image was live; undefined: it was not. */
  readonly goodLiveAfter: number | undefined;
  /** The same for those in a registry of their own. */
  readonly elsewhereLiveAfter: number | undefined;
  /** Milliseconds until everything had come to what it should. */
  readonly took: number;
  /** How many images that do harm have failed by the reason of their kind. */
  readonly failed: number;
  readonly samples: Samples;
  /** How often the kernel has killed something for its memory; undefined where there is no group. */
  readonly kills: number | undefined;
  /** Every bound that was broken. */
  readonly wrong: readonly string[];
}

/** A publisher with a container's memory and a volume of its own, from its start to its end. */
export async function hostileRun(aims: Aims, options: RunOptions): Promise<HostileRun> {
  const disk = await DiskVolume.mount(volume.size, volume.files);
  const root = join(disk?.path ?? (await mkdtemp(join(tmpdir(), 'glidein-hostile-'))), 'run');
  let group: MemoryGroup | undefined;
  try {
    group = await MemoryGroup.make(`glidein-hostile-${process.pid}`, bounds.container);
    return await runIn({ root, group, disk }, aims, options);
  } finally {
    await group?.remove();
    await (disk?.unmount() ?? rm(join(root, '..'), { recursive: true, force: true }));
  }
}

interface Places {
  readonly root: string;
  readonly group: MemoryGroup | undefined;
  readonly disk: DiskVolume | undefined;
}

async function runIn({ root, group, disk }: Places, aims: Aims, options: RunOptions): Promise<HostileRun> {
  await mkdir(root);
  await PublisherProcess.write(root, setOf(aims, options.timeLimit));
  const begun = performance.now();
  const publisher = PublisherProcess.start(root, ['--layers', join(root, 'layers')], {
    through: group,
    // As the operator starts it.
    environment: { NODE_OPTIONS: `--max-old-space-size=${bounds.container / 4 / mebibyte}` },
  });
  const sampler = Sampler.start({ group, disk, pid: publisher.child.pid ?? 0, root });
  try {
    const { wrong, ...times } = await watch(publisher, begun, aims, options);
    const took = performance.now() - begun;
    const status = await publisher.status();
    const kills = await group?.kills();
    await publisher.end();
    const samples = await sampler.stop();
    const broken = [...wrong, ...wrongIn(status, aims), ...brokenBounds(samples, kills ?? 0)];
    return { ...times, took, failed: failedByReason(status, aims), samples, kills, wrong: broken };
  } finally {
    await publisher.end('SIGKILL');
    await sampler.stop();
  }
}

const setOf = ({ wanted, attacks }: Aims, timeLimit: string) => ({
  // Those that do harm come first.
  images: [...attacks.map(({ reference }) => reference), ...wanted].map((reference) => ({ reference })),
  limits: {
    imageSize: String(bounds.imageSize),
    entries: 1_000_000,
    tags: 500,
    timeLimit,
    parallel: bounds.parallel,
    layerCache: String(bounds.layerCache),
  },
  schedule: { every: '1h' },
});

/** Waits until each image has come to something, or until time is over. */
async function watch(
  publisher: PublisherProcess,
  begun: number,
  aims: Aims,
  { limit, pause, log, signal }: RunOptions,
): Promise<Pick<HostileRun, 'goodLiveAfter' | 'elsewhereLiveAfter' | 'wrong'>> {
  const { child } = publisher;
  let goodLiveAfter: number | undefined;
  let elsewhereLiveAfter: number | undefined;
  const outcome = (...wrong: string[]) => ({ goodLiveAfter, elsewhereLiveAfter, wrong });
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      return outcome(`the publisher has ended: ${publisher.log.slice(-600)}`);
    const after = performance.now() - begun;
    const { live, isLiveElsewhere, open } = stateOf(await publisher.status(), aims);
    if (live === aims.wanted.length) goodLiveAfter ??= after;
    if (isLiveElsewhere) elsewhereLiveAfter ??= after;
    if (open.length === 0 && goodLiveAfter !== undefined) return outcome();
    log(
      `${Math.round(after / 1000)} s: ${live} good images are live, ${open.length} others are to come: ${open.slice(0, 6).join(' ')}`,
    );
    if (after > limit) return outcome(`these images are not done: ${open.join(' ')}`);
    await sleep(systemClock, pause, signal);
    signal.throwIfAborted();
  }
}

function brokenBounds({ memory, layers, leastFree, leftovers }: Samples, kills: number): string[] {
  return [
    ...(memory.all > memoryBound ? [`the processes took ${memory.all} bytes of memory`] : []),
    ...(kills > 0 ? [`the kernel killed ${kills} processes for their memory`] : []),
    ...(layers > cacheBound ? [`the layers took ${layers} bytes, and ${cacheBound} were promised`] : []),
    ...(leastFree < freeBound ? [`only ${leastFree} bytes of the volume stayed free`] : []),
    ...(leftovers.length > 0 ? [`left behind: ${leftovers.slice(0, 20).join(' ')}`] : []),
  ];
}
