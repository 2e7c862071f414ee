import { type StatsFs, statfsSync } from 'node:fs';
import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';

/** Milliseconds between checks of the free space. */
const interval = 5000;

/** The default low-water mark: a share of the volume, within bounds. */
const share = 0.05;
const least = 64 * 2 ** 20;
const most = 2 * 2 ** 30;
/** A small volume keeps no more than this share free. */
const mostShare = 0.2;

/** Results of running jobs are accepted until only this share of the low-water mark is left, which the database needs. */
const lastShare = 0.25;

/** Space is scarce below this multiple of the low-water mark; each owner may then take only a share of the mark. */
const scarceBelow = 2;
const ownerShare = 1 / 8;

/** Above this multiple of the low-water mark, the pool forgets what owners took while space was scarce. */
const plentyAbove = 3;

/** Bytes reserved at a time for an upload of unknown length. */
const stepBytes = 8 * 2 ** 20;

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

/** What a client wants to write. */
export interface SpaceRequest {
  /** Who sends it; absent for results of jobs, which may use the space that is kept free for them. */
  readonly owner?: string | undefined;
  /** The most bytes that it may need; absent if unknown. */
  readonly bytes?: number | undefined;
}

/** Reserved space: nobody else gets it before `end`. */
export interface Reservation {
  /**
   * Reports how many bytes are written so far.
   * @throws GlideinError NoSpace if others have left too little space for more
   */
  wrote(bytes: number): Promise<void>;
  /** Ends the reservation: nothing more will be written. @param kept bytes that stay on the disk */
  end(kept: number): Promise<void>;
}

export interface VolumeOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Bytes to keep free; a share of the volume if absent. */
  readonly keepFree?: number | undefined;
  readonly onChange?: (state: VolumeState) => void;
  readonly statfs?: (path: string) => Promise<Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>>;
}

/** The volume that holds the pool's directory: how much of it is free, and what may still be written. */
export class Volume {
  readonly #options: VolumeOptions;
  #free = 0;
  #size = 0;
  /** Bytes that are reserved and not written yet. */
  #promised = 0;
  /** What owners have taken while space was scarce. */
  readonly #taken = new Map<string, number>();
  #owed: () => number = () => 0;
  #looking: Promise<void> = Promise.resolve();
  /** A look that has not begun yet. */
  #nextLook: Promise<void> | undefined;
  #databaseIsFull = false;
  #told: VolumeState['state'] = 'Serving';
  #full = signal();
  #timer: Timer | undefined;
  #closed = false;

  private constructor(options: VolumeOptions) {
    this.#options = options;
  }

  /** Checks the free space now, and again every few seconds. */
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

  /** Bytes that the database keeps in reserve, for when nothing else is left. */
  get reserveBytes(): number {
    return Math.min(mostReserve, this.lowWater * lastShare);
  }

  /** Below this many free bytes, no new jobs and inputs are accepted. */
  get lowWater(): number {
    return (
      this.#options.keepFree ?? Math.min(most, mostShare * this.#size, Math.max(least, share * this.#size))
    );
  }

  get state(): VolumeState {
    const numbers = `${formatBytes(this.#free)} of ${formatBytes(this.#size)} are free, ${formatBytes(this.lowWater)} are kept free`;
    if (this.#databaseIsFull)
      return { state: 'Full', message: `the volume is full, so the pool cannot record anything: ${numbers}` };
    if (this.#free < this.lowWater)
      return {
        state: 'NoSpace',
        message: `the volume is almost full, so no new jobs and inputs are accepted: ${numbers}`,
      };
    return { state: 'Serving', message: numbers };
  }

  /** Sets aside the `bytes` that the ends of all jobs in memory will need: a removal of all of them must find space. */
  setAside(bytes: () => number): void {
    this.#owed = bytes;
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

  async #look(): Promise<void> {
    const { bavail, blocks, bsize } = await (this.#options.statfs ?? freeSpace)(this.#options.directory);
    this.#free = bavail * bsize;
    this.#size = blocks * bsize;
    if (this.#left(0) >= plentyAbove * this.lowWater) this.#taken.clear();
    this.#tell();
  }

  /** Takes note that the database waits for space, or has found some. */
  databaseIsFull(full: boolean): void {
    this.#databaseIsFull = full;
    if (full) this.#full.reject(this.#refusal(this.state.message));
    else this.#full = signal();
    this.#tell();
  }

  /**
   * Reserves space: everything that is being written never takes more than there is.
   * @throws GlideinError NoSpace if too little would be left for running jobs, or for other owners
   */
  async admit(wish: SpaceRequest): Promise<Reservation> {
    await this.look();
    const { owner, bytes } = wish;
    let open = bytes ?? stepBytes;
    this.#require(wish, open);
    // Counted only while space is scarce; an upload of unknown length is admitted only when there is plenty.
    const charge = owner !== undefined && this.#left(open) < scarceBelow * this.lowWater ? open : 0;
    this.#take(owner, charge);
    this.#promised += open;
    const promise = (next: number) => {
      this.#promised += next - open;
      open = next;
    };
    return {
      wrote: async (written) => {
        await this.look();
        promise(bytes === undefined ? stepBytes : Math.max(0, bytes - written));
        if (this.#left(0) < this.#keptFrom(wish)) throw this.#tooLittle(this.#keptFrom(wish), open);
      },
      end: async (kept) => {
        // The written bytes must show up as used before their reservation ends.
        await this.look().catch(() => undefined);
        promise(0);
        this.#take(owner, -Math.max(0, charge - kept));
      },
    };
  }

  /**
   * Checks whether this many bytes of inputs could be accepted now. It reserves nothing.
   * @throws GlideinError NoSpace
   */
  async requireRoom(bytes: number): Promise<void> {
    await this.look();
    this.requireWritable();
    if (this.#left(bytes) < this.lowWater) throw this.#tooLittle(this.lowWater, bytes);
  }

  /** @throws GlideinError NoSpace while nothing can be recorded */
  requireWritable(): void {
    if (this.#databaseIsFull) throw this.#refusal(this.state.message);
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
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** What would be left once everything reserved and owed, and this many bytes more, is written. */
  #left(bytes: number): number {
    return this.#free - this.#promised - this.#owed() - bytes;
  }

  /** What has to stay free. */
  #keptFrom({ owner, bytes }: SpaceRequest): number {
    if (owner === undefined) return lastShare * this.lowWater;
    return bytes === undefined ? scarceBelow * this.lowWater : this.lowWater;
  }

  #require(wish: SpaceRequest, bytes: number): void {
    this.requireWritable();
    const keep = this.#keptFrom(wish);
    if (this.#left(bytes) < keep) throw this.#tooLittle(keep, bytes);
    if (wish.owner === undefined || this.#left(bytes) >= scarceBelow * this.lowWater) return;
    const taken = this.#taken.get(wish.owner) ?? 0;
    const most = ownerShare * this.lowWater;
    if (taken + bytes <= most) return;
    throw this.#refusal(
      `space on the volume of the pool is scarce: ${this.#numbers()}; each owner may take ${formatBytes(most)} of what is left, you have taken ${formatBytes(taken)}, and this needs ${formatBytes(bytes)}`,
    );
  }

  #take(owner: string | undefined, bytes: number): void {
    if (owner === undefined || bytes === 0) return;
    this.#taken.set(owner, Math.max(0, (this.#taken.get(owner) ?? 0) + bytes));
  }

  #tooLittle(keep: number, bytes: number): GlideinError {
    const needs = bytes === 0 ? '' : `; this needs ${formatBytes(bytes)}`;
    return this.#refusal(
      `the volume of the pool has too little space: ${this.#numbers()}, ${formatBytes(keep)} are kept free${needs}`,
    );
  }

  #numbers(): string {
    const promises = this.#promised + this.#owed();
    const promised = promises === 0 ? '' : `, ${formatBytes(promises)} of them reserved`;
    return `${formatBytes(this.#free)} of ${formatBytes(this.#size)} are free${promised}`;
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
        // The next check may succeed; until then the last numbers count.
        .catch(() => undefined)
        .then(() => this.#watch());
    });
  }
}

/** Local file systems answer from memory, at once; the way to another thread and back would take many times as long. */
const freeSpace = async (directory: string): Promise<StatsFs> => statfsSync(directory);

/** A promise that can only reject. Handled here, because it is fine if nobody awaits it. */
function signal(): PromiseWithResolvers<never> {
  const made = Promise.withResolvers<never>();
  made.promise.catch(() => undefined);
  return made;
}
