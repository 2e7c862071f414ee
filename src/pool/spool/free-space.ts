import { type StatsFs, statfsSync } from 'node:fs';
import type { Clock, Timer } from '#base/clock.ts';

/** Milliseconds between checks of the free space. */
const interval = 5000;

/** Asks the file system of a path how much of it is free. */
export type Statfs = (path: string) => Promise<Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>>;

/** How much of a file system is free: what it last said. */
export class FreeSpace {
  readonly #directory: string;
  readonly #statfs: Statfs;
  readonly #onLook: () => void;
  #free = 0;
  #size = 0;
  #looking: Promise<void> = Promise.resolve();
  /** A look that has not begun yet. */
  #nextLook: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  /** @param onLook called after each look, before those who wait for it go on */
  constructor(directory: string, onLook: () => void, statfs: Statfs = freeSpace) {
    this.#directory = directory;
    this.#onLook = onLook;
    this.#statfs = statfs;
  }

  get freeBytes(): number {
    return this.#free;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /**
   * Asks the file system, one request at a time, so that no older answer overwrites a newer one. All who ask while a request is
   * under way share the next one.
   */
  look(): Promise<void> {
    if (this.#nextLook !== undefined) return this.#nextLook;
    const looked = this.#looking.then(() => {
      this.#nextLook = undefined;
      return this.#look();
    });
    this.#nextLook = looked;
    this.#looking = looked.catch(() => undefined);
    return looked;
  }

  /** Looks again every few seconds, until `close`. */
  watch(clock: Clock): void {
    if (this.#closed) return;
    this.#timer = clock.after(interval, () => {
      void this.look()
        // The next check may succeed; until then the last numbers count.
        .catch(() => undefined)
        .then(() => this.watch(clock));
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { bavail, blocks, bsize } = await this.#statfs(this.#directory);
    this.#free = bavail * bsize;
    this.#size = blocks * bsize;
    this.#onLook();
  }
}

/** Local file systems answer from memory, at once; the way to another thread and back would take many times as long. */
const freeSpace = async (directory: string): Promise<StatsFs> => statfsSync(directory);
