import type { Clock } from '#base/clock.ts';
import { formatBytes } from '#base/quantity.ts';
import { FreeSpace, type Statfs } from './free-space.ts';
import { lastShare, noSpace, Room } from './room.ts';

/** The default low-water mark: a share of the volume, within bounds. */
const share = 0.05;
const least = 64 * 2 ** 20;
const most = 2 * 2 ** 30;
/** A small volume keeps no more than this share free. */
const mostShare = 0.2;

const mostReserve = 16 * 2 ** 20;

export interface VolumeState {
  /**
   * Serving: there is space. NoSpace: little is left, so no new jobs and inputs are accepted, but everything else goes on.
   * Full: not even the database can write; nothing changes until there is space.
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
  readonly statfs?: Statfs;
}

/** The volume that holds the pool's directory: how much of it is free, and what the pool can still do in that state. */
export class Volume {
  /** What may still be written. */
  readonly room: Room;
  readonly #space: FreeSpace;
  readonly #options: VolumeOptions;
  #databaseIsFull = false;
  #told: VolumeState['state'] = 'Serving';
  #full = signal();

  private constructor(options: VolumeOptions) {
    this.#options = options;
    this.room = new Room(this);
    this.#space = new FreeSpace(
      options.directory,
      () => {
        this.room.looked();
        this.#tell();
      },
      options.statfs,
    );
  }

  /** Checks the free space now, and again every few seconds. */
  static async open(options: VolumeOptions): Promise<Volume> {
    const volume = new Volume(options);
    await volume.look();
    volume.#space.watch(options.clock);
    return volume;
  }

  get freeBytes(): number {
    return this.#space.freeBytes;
  }

  get sizeBytes(): number {
    return this.#space.sizeBytes;
  }

  /** Bytes that the database keeps in reserve, for when nothing else is left. */
  get reserveBytes(): number {
    return Math.min(mostReserve, this.lowWater * lastShare);
  }

  /** Below this many free bytes, no new jobs and inputs are accepted. */
  get lowWater(): number {
    return (
      this.#options.keepFree ??
      Math.min(most, mostShare * this.sizeBytes, Math.max(least, share * this.sizeBytes))
    );
  }

  get state(): VolumeState {
    const numbers = `${formatBytes(this.freeBytes)} of ${formatBytes(this.sizeBytes)} are free, ${formatBytes(this.lowWater)} are kept free`;
    if (this.#databaseIsFull)
      return { state: 'Full', message: `the volume is full, so the pool cannot record anything: ${numbers}` };
    if (this.freeBytes < this.lowWater)
      return {
        state: 'NoSpace',
        message: `the volume is almost full, so no new jobs and inputs are accepted: ${numbers}`,
      };
    return { state: 'Serving', message: numbers };
  }

  /** Looks how much is free now. All who ask while a look is under way share the next one. */
  look(): Promise<void> {
    return this.#space.look();
  }

  /** Takes note that the database waits for space, or has found some. */
  databaseIsFull(full: boolean): void {
    this.#databaseIsFull = full;
    if (full) this.#full.reject(noSpace(this.state.message));
    else this.#full = signal();
    this.#tell();
  }

  /** @throws GlideinError NoSpace while nothing can be recorded */
  requireWritable(): void {
    if (this.#databaseIsFull) throw noSpace(this.state.message);
  }

  /**
   * Awaits `durable`, but fails if the database waits for space. Use it for requests that only read: a request that changes
   * something must keep waiting, since its change is recorded as soon as there is space.
   * @throws GlideinError NoSpace if the database waits for space
   */
  orFull<T>(durable: Promise<T>): Promise<T> {
    return Promise.race([durable, this.#full.promise]);
  }

  close(): void {
    this.#space.close();
  }

  #tell(): void {
    const now = this.state;
    if (now.state === this.#told) return;
    this.#told = now.state;
    this.#options.onChange?.(now);
  }
}

/** A promise that can only reject. Handled here, because it is fine if nobody awaits it. */
function signal(): PromiseWithResolvers<never> {
  const made = Promise.withResolvers<never>();
  made.promise.catch(() => undefined);
  return made;
}
