import type { StatsFs } from 'node:fs';
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

/** Below this many times the low-water mark room is scarce, and each owner may take only a share of the mark of it. */
const scarceBelow = 2;
const ownerShare = 1 / 8;

/** Above this many times the low-water mark all that owners took of the scarce room is forgotten. */
const plentyAbove = 3;

/** Bytes that are promised at a time to what comes without saying how long it is. */
const stepBytes = 8 * 2 ** 20;

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

/** What somebody wants to write. */
export interface Wish {
  /** Who brings it; absent for results of jobs, which may take what is kept free for them. */
  readonly owner?: string | undefined;
  /** What it comes to at most; absent when nobody knows. */
  readonly bytes?: number | undefined;
}

/** Room that is promised: nobody else gets it before the end. */
export interface Room {
  /**
   * So many bytes of it are written by now.
   * @throws GlideinError NoSpace when others have left too little for more
   */
  wrote(bytes: number): Promise<void>;
  /** Nothing more is written of it, and so many bytes stay. */
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

/** The volume that the pool lives on: how much of it is free, and what may still be taken in. */
export class Volume {
  readonly #options: VolumeOptions;
  #free = 0;
  #size = 0;
  /** Bytes that were promised and are not written yet. */
  #promised = 0;
  /** What owners have taken while room was scarce. */
  readonly #taken = new Map<string, number>();
  #owed: () => number = () => 0;
  #looking: Promise<void> = Promise.resolve();
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

  /** `bytes` are what the end of the jobs that are kept will still take: an `rm` of all of them has to find room. */
  keepFor(bytes: () => number): void {
    this.#owed = bytes;
  }

  /** Asks the file system. One look after the other, so that none is overtaken by an older one. */
  look(): Promise<void> {
    const looked = this.#looking.then(() => this.#look());
    this.#looking = looked.catch(() => undefined);
    return looked;
  }

  async #look(): Promise<void> {
    const { bavail, blocks, bsize } = await (this.#options.statfs ?? statfs)(this.#options.directory);
    this.#free = bavail * bsize;
    this.#size = blocks * bsize;
    if (this.#left(0) >= plentyAbove * this.lowWater) this.#taken.clear();
    this.#tell();
  }

  /** The database waits for room, or has found some. */
  databaseIsFull(full: boolean): void {
    this.#databaseIsFull = full;
    if (full) this.#full.reject(this.#refusal(this.state.message));
    else this.#full = signal();
    this.#tell();
  }

  /**
   * Promises room: what is under way together never takes more than there is.
   * @throws GlideinError NoSpace when it would leave too little for what runs already, or for others
   */
  async admit(wish: Wish): Promise<Room> {
    await this.look();
    const { owner, bytes } = wish;
    let open = bytes ?? stepBytes;
    this.#require(wish, open);
    // What is scarce is counted; whoever says no length found plenty.
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
        // What is written has to be seen before it is no longer promised.
        await this.look().catch(() => undefined);
        promise(0);
        this.#take(owner, -Math.max(0, charge - kept));
      },
    };
  }

  /**
   * Looks whether inputs of so many bytes, all together, could be taken in now. It promises nothing.
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
   * What `durable` becomes, for whoever only reads: a change that waits for room is kept once there is some, and must not be
   * answered with a failure.
   * @throws GlideinError NoSpace when it waits for room on the disk
   */
  orFull<T>(durable: Promise<T>): Promise<T> {
    return Promise.race([durable, this.#full.promise]);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** What would be left of the free bytes once all that is promised and owed, and so many more, are written. */
  #left(bytes: number): number {
    return this.#free - this.#promised - this.#owed() - bytes;
  }

  /** What has to stay free. */
  #keptFrom({ owner, bytes }: Wish): number {
    if (owner === undefined) return lastShare * this.lowWater;
    return bytes === undefined ? scarceBelow * this.lowWater : this.lowWater;
  }

  #require(wish: Wish, bytes: number): void {
    this.requireWritable();
    const keep = this.#keptFrom(wish);
    if (this.#left(bytes) < keep) throw this.#tooLittle(keep, bytes);
    if (wish.owner === undefined || this.#left(bytes) >= scarceBelow * this.lowWater) return;
    const taken = this.#taken.get(wish.owner) ?? 0;
    const most = ownerShare * this.lowWater;
    if (taken + bytes <= most) return;
    throw this.#refusal(
      `room on the volume of the pool is scarce: ${this.#numbers()}; of what is left each owner may take ${formatBytes(most)}, you have taken ${formatBytes(taken)}, and this needs ${formatBytes(bytes)}`,
    );
  }

  #take(owner: string | undefined, bytes: number): void {
    if (owner === undefined || bytes === 0) return;
    this.#taken.set(owner, Math.max(0, (this.#taken.get(owner) ?? 0) + bytes));
  }

  #tooLittle(keep: number, bytes: number): GlideinError {
    const needs = bytes === 0 ? '' : `; this needs ${formatBytes(bytes)}`;
    return this.#refusal(
      `the volume of the pool has too little room: ${this.#numbers()}, ${formatBytes(keep)} are kept free${needs}`,
    );
  }

  #numbers(): string {
    const promises = this.#promised + this.#owed();
    const promised = promises === 0 ? '' : `, ${formatBytes(promises)} of them promised`;
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
