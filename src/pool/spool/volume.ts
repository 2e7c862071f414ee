import { statfs } from 'node:fs/promises';
import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';

/** Milliseconds between looks at what is free. */
const interval = 5000;

/** Where the low-water mark lies, unless somebody says otherwise: a share of the volume, within bounds. */
const share = 0.05;
const least = 64 * 2 ** 20;
const most = 2 * 2 ** 30;
/** A volume that is small altogether keeps no more than this share free. */
const mostShare = 0.2;

/** Results of running jobs are taken until this share of the low-water mark is left: the rest is the database's. */
const lastShare = 0.25;

/** What asks for more than this has to leave this many times the low-water mark free. */
const smallBytes = 2 ** 20;
const largeShare = 2;

const mostReserve = 16 * 2 ** 20;

export interface VolumeState {
  /**
   * Serving: there is room. NoSpace: little is left, so that nothing new is taken, but everything else goes on. Full: not
   * even the database can write; nothing changes until there is room.
   */
  readonly state: 'Serving' | 'NoSpace' | 'Full';
  /** A sentence with the numbers, for people. */
  readonly message: string;
}

export interface VolumeOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Bytes to keep free; a share of the volume if absent. */
  readonly keepFree?: number | undefined;
  readonly onChange?: (state: VolumeState) => void;
}

/** The volume that the pool lives on: how much of it is free, and what may still be taken in. */
export class Volume {
  readonly #options: VolumeOptions;
  #free = 0;
  #size = 0;
  #databaseIsFull = false;
  #told: VolumeState['state'] = 'Serving';
  #full = signal();
  #timer: Timer | undefined;
  #closed = false;

  private constructor(options: VolumeOptions) {
    this.#options = options;
  }

  /** Looks now, and again every few seconds. */
  static async open(options: VolumeOptions): Promise<Volume> {
    const volume = new Volume(options);
    await volume.look();
    volume.#watch();
    return volume;
  }

  get freeBytes(): number {
    return this.#free;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** What the database keeps for itself, to have it when nothing else is left. */
  get reserveBytes(): number {
    return Math.min(mostReserve, this.lowWater * lastShare);
  }

  /** Below this many free bytes nothing new is taken in. */
  get lowWater(): number {
    return (
      this.#options.keepFree ?? Math.min(most, mostShare * this.#size, Math.max(least, share * this.#size))
    );
  }

  get state(): VolumeState {
    const numbers = `${formatBytes(this.#free)} of ${formatBytes(this.#size)} are free, ${formatBytes(this.lowWater)} are kept free`;
    if (this.#databaseIsFull)
      return { state: 'Full', message: `the volume is full, the pool can record nothing: ${numbers}` };
    if (this.#free < this.lowWater)
      return {
        state: 'NoSpace',
        message: `the volume is almost full, no new jobs and inputs are taken: ${numbers}`,
      };
    return { state: 'Serving', message: numbers };
  }

  /** Asks the file system. */
  async look(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.#options.directory);
    this.#free = bavail * bsize;
    this.#size = blocks * bsize;
    this.#tell();
  }

  /** The database waits for room, or has found some. */
  databaseIsFull(full: boolean): void {
    this.#databaseIsFull = full;
    if (full) this.#full.reject(this.#refusal(this.state.message));
    else this.#full = signal();
    this.#tell();
  }

  /** @throws GlideinError NoSpace when `bytes` more would leave too little for what runs already */
  requireRoomForNew(bytes: number): void {
    // What is large leaves room for what is small: whoever fills the volume does not stop small jobs as well.
    this.#require(bytes, bytes > smallBytes ? largeShare * this.lowWater : this.lowWater);
  }

  /** @throws GlideinError NoSpace when `bytes` more would leave too little for the database */
  requireRoomForResult(bytes: number): void {
    this.#require(bytes, this.lowWater * lastShare);
  }

  /** @throws GlideinError NoSpace while nothing can be recorded */
  requireWritable(): void {
    if (this.#databaseIsFull) throw this.#refusal(this.state.message);
  }

  /**
   * What `durable` becomes.
   * @throws GlideinError NoSpace when it waits for room on the disk: it is kept once there is some
   */
  orFull<T>(durable: Promise<T>): Promise<T> {
    return Promise.race([durable, this.#full.promise]);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #require(bytes: number, keep: number): void {
    this.requireWritable();
    if (this.#free - bytes >= keep) return;
    const needs = bytes === 0 ? '' : `; this needs ${formatBytes(bytes)}`;
    throw this.#refusal(
      `the volume of the pool has too little room: ${formatBytes(this.#free)} of ${formatBytes(this.#size)} are free, ${formatBytes(keep)} are kept free${needs}`,
    );
  }

  #refusal(message: string): GlideinError {
    return new GlideinError('NoSpace', message, {
      cure: 'remove jobs that nobody needs, or ask the operator of the pool for a larger volume',
    });
  }

  #tell(): void {
    const now = this.state;
    if (now.state === this.#told) return;
    this.#told = now.state;
    this.#options.onChange?.(now);
  }

  #watch(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(interval, () => {
      void this.look()
        // The next look may succeed; what was seen last stays true for as long.
        .catch(() => undefined)
        .then(() => this.#watch());
    });
  }
}

/** A promise that only ever rejects; that nobody waits for it is no fault. */
function signal(): PromiseWithResolvers<never> {
  const made = Promise.withResolvers<never>();
  made.promise.catch(() => undefined);
  return made;
}
