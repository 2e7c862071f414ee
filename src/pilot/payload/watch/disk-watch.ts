import { statfs } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import { deletedFiles } from './deleted-files.ts';
import { diskUsage } from './disk-usage.ts';
import { diskReason } from './excess-reason.ts';

export interface DiskWatchOptions {
  /** Contains the directories of all payloads. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The disk is full although each payload keeps to its share: no more payloads should start here. */
  readonly full: (reason: string) => void;
}

export interface DiskLimit {
  /** The container's outer process. */
  readonly leader: number;
  /** The directory below which the payload writes everything. */
  readonly root: string;
  /** Bytes. */
  readonly given: number;
  /** What the job asked for, in KiB. */
  readonly asked: number | undefined;
  readonly exceeded: (reason: string) => void;
}

export interface SeenDisk {
  peak: number;
  /** Whether the disk was full while the payload ran. */
  full: boolean;
}

interface Watched extends DiskLimit, SeenDisk {
  over: boolean;
}

/** The pause between two rounds: the least, in milliseconds, and how many times as long as a round takes. */
const pause = { least: 1000, factor: 10 };

/** With fewer bytes left, the disk counts as full: whoever writes fails now or soon. */
export const diskReserve = 8 * 2 ** 20;

/** Adds up what payloads have on the disk, one payload after the other, and spends at most a tenth of its time on that. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #watched = new Set<Watched>();
  #running = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  watch(limit: DiskLimit): { readonly seen: SeenDisk; readonly stop: () => Promise<void> } {
    const watched: Watched = { ...limit, peak: 0, full: false, over: false };
    this.#watched.add(watched);
    if (!this.#running) void this.#run();
    const stop = async () => {
      // Measures once more, because a payload may end before the first round. It has ended by itself, so it is not stopped.
      watched.over = true;
      if (this.#watched.delete(watched)) await this.#safely(() => this.#measure(watched));
    };
    return { seen: watched, stop };
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    this.#running = true;
    // Each payload that ends is measured anyway.
    await sleep(clock, pause.least);
    while (this.#watched.size > 0) {
      const begun = clock.monotonic();
      await this.#safely(() => this.#round());
      await sleep(clock, Math.max(pause.least, (clock.monotonic() - begun) * pause.factor));
    }
    this.#running = false;
  }

  async #round(): Promise<void> {
    for (const watched of this.#watched) await this.#measure(watched);
    const { bavail, bsize } = await statfs(this.#options.directory);
    const left = bavail * bsize;
    if (left >= diskReserve) return;
    for (const watched of this.#watched) watched.full = true;
    this.#options.full(`the disk of this pilot is full: only ${formatBytes(left)}B are left`);
  }

  async #measure(watched: Watched): Promise<void> {
    try {
      const used = (await diskUsage(watched.root)) + (await deletedFiles(watched.leader, watched.root));
      watched.peak = Math.max(watched.peak, used);
      if (used > watched.given) this.#exceeded(watched, diskReason(used, watched.given, watched.asked));
    } catch (error) {
      // What cannot be measured may have any size.
      if (!(error instanceof GlideinError) || error.code !== 'TooLarge') throw error;
      this.#exceeded(watched, error.message);
    }
  }

  #exceeded(watched: Watched, reason: string): void {
    if (watched.over) return;
    watched.over = true;
    this.#options.logger.warn({ reason }, 'payload exceeds its disk request');
    watched.exceeded(reason);
  }

  async #safely(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      this.#options.logger.warn(
        { problem: describeError(error) },
        'cannot measure the disk usage of payloads',
      );
    });
  }
}
