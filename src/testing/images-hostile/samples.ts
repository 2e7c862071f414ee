import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { DiskVolume } from '../disk-volume.ts';
import type { MemoryGroup } from '../memory-group.ts';

/** The most that was seen while a publisher worked, in bytes. */
export interface Samples {
  readonly memory: {
    /** All processes together. */
    readonly all: number;
    readonly publisher: number;
    /** The largest process that expands or checks an image. */
    readonly worker: number;
    /** How many of those there were at a time. */
    readonly workers: number;
  };
  /** Of the layers. */
  readonly layers: number;
  /** Of the directory of images at the end. */
  readonly images: number;
  /** Of the directory of images, with what is being expanded there; 0 without a volume of its own. */
  readonly mostImages: number;
  /** The least that was free on its volume; infinite without one. */
  readonly leastFree: number;
  /** What should be gone after the end. */
  readonly leftovers: readonly string[];
}

interface SamplerOptions {
  /** Undefined: only the publisher itself is looked at, for want of a group. */
  readonly group: MemoryGroup | undefined;
  /** Where the directory of the publisher is, and nothing else; undefined: it has no volume of its own. */
  readonly disk: DiskVolume | undefined;
  readonly pid: number;
  /** The directory of the publisher. */
  readonly root: string;
}

const pause = 100;

const nothing = { all: 0, publisher: 0, worker: 0, workers: 0, layers: 0, mostImages: 0 };

type Most = typeof nothing;

/** Looks at a publisher and at its directories again and again. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;
  readonly #most: Most = { ...nothing };
  #leastFree = Number.POSITIVE_INFINITY;

  private constructor(options: SamplerOptions) {
    this.#options = options;
    this.#done = Promise.all([
      this.#again(() => this.#lookAtMemory()),
      this.#again(() => this.#lookAtDisk()),
    ]).then();
  }

  static start(options: SamplerOptions): Sampler {
    return new Sampler(options);
  }

  /** Call this when the publisher has ended. */
  async stop(): Promise<Samples> {
    this.#ending.abort();
    await this.#done;
    const { layers, mostImages, ...memory } = this.#most;
    const { root } = this.#options;
    const staged = await readdir(join(root, 'images/.staging')).catch(() => []);
    const files = await filesIn(join(root, 'images'));
    const temporary = files.map(({ path }) => path).filter((path) => /\/(\.new-|trial-)/.test(path));
    const images = files.reduce((sum, { size }) => sum + size, 0);
    return {
      memory,
      layers,
      images,
      mostImages,
      leastFree: this.#leastFree,
      leftovers: [...staged, ...temporary],
    };
  }

  async #again(look: () => Promise<void>): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await look();
      await sleep(systemClock, pause, signal);
    }
  }

  async #lookAtMemory(): Promise<void> {
    const { group, pid } = this.#options;
    if (group === undefined) {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
      const bytes = Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
      this.#take({ all: bytes, publisher: bytes });
      return;
    }
    const { anonymous, processes } = await group.memory((line) =>
      /publisher\.js work/.test(line) ? 'worker' : 'publisher',
    );
    const of = (name: string) =>
      [...processes].filter(([each]) => each.startsWith(name)).map(([, bytes]) => bytes);
    const workers = of('worker');
    this.#take({
      all: anonymous,
      publisher: Math.max(0, ...of('publisher')),
      worker: Math.max(0, ...workers),
      workers: workers.length,
    });
  }

  async #lookAtDisk(): Promise<void> {
    const files = await filesIn(join(this.#options.root, 'layers'));
    const layers = files.reduce((sum, { size }) => sum + size, 0);
    const room = await this.#options.disk?.room();
    this.#take({ layers, mostImages: Math.max(0, (room?.used ?? 0) - layers) });
    this.#leastFree = Math.min(this.#leastFree, room?.free ?? this.#leastFree);
  }

  #take(seen: Partial<Most>): void {
    for (const [name, value] of Object.entries(seen) as [keyof Most, number][])
      this.#most[name] = Math.max(this.#most[name], value);
  }
}

async function filesIn(directory: string): Promise<{ readonly path: string; readonly size: number }[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        const size = await stat(path).then(
          (each) => each.size,
          () => 0,
        );
        return { path, size };
      }),
  );
  return found;
}
