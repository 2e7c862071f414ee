import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';

/** Results of running jobs are accepted until only this share of the low-water mark is left, which the database needs. */
export const lastShare = 0.25;

/** Space is scarce below this multiple of the low-water mark; each owner may then take only a share of the mark. */
const scarceBelow = 2;
const ownerShare = 1 / 8;

/** Above this multiple of the low-water mark, the pool forgets what owners took while space was scarce. */
const plentyAbove = 3;

/** Bytes reserved at a time for an upload of unknown length. */
const stepBytes = 8 * 2 ** 20;

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

/** What the room on a volume depends on. */
interface RoomVolume {
  readonly freeBytes: number;
  readonly sizeBytes: number;
  /** Bytes that are kept free. */
  readonly lowWater: number;
  look(): Promise<void>;
  /** @throws GlideinError NoSpace while nothing can be recorded */
  requireWritable(): void;
}

/** What may still be written on a volume: admits what clients want to write, and reserves it for them. */
export class Room {
  readonly #volume: RoomVolume;
  /** Bytes that are reserved and not written yet. */
  #promised = 0;
  /** What owners have taken while space was scarce. */
  readonly #taken = new Map<string, number>();
  #owed: () => number = () => 0;

  constructor(volume: RoomVolume) {
    this.#volume = volume;
  }

  /** Sets aside the `bytes` that the ends of all jobs in memory will need: a removal of all of them must find space. */
  setAside(bytes: () => number): void {
    this.#owed = bytes;
  }

  /**
   * Reserves space: everything that is being written never takes more than there is.
   * @throws GlideinError NoSpace if too little would be left for running jobs, or for other owners
   */
  async admit(wish: SpaceRequest): Promise<Reservation> {
    await this.#volume.look();
    const { owner, bytes } = wish;
    let open = bytes ?? stepBytes;
    this.#requireFor(wish, open);
    // Counted only while space is scarce; an upload of unknown length is admitted only when there is plenty.
    const charge = owner !== undefined && this.#left(open) < scarceBelow * this.#volume.lowWater ? open : 0;
    this.#take(owner, charge);
    this.#promised += open;
    const promise = (next: number) => {
      this.#promised += next - open;
      open = next;
    };
    return {
      wrote: async (written) => {
        await this.#volume.look();
        promise(bytes === undefined ? stepBytes : Math.max(0, bytes - written));
        if (this.#left(0) < this.#keptFrom(wish)) throw this.#tooLittle(this.#keptFrom(wish), open);
      },
      end: async (kept) => {
        // The written bytes must show up as used before their reservation ends.
        await this.#volume.look().catch(() => undefined);
        promise(0);
        this.#take(owner, -Math.max(0, charge - kept));
      },
    };
  }

  /**
   * Checks whether this many bytes of inputs could be accepted now. It reserves nothing.
   * @throws GlideinError NoSpace
   */
  async require(bytes: number): Promise<void> {
    await this.#volume.look();
    this.#volume.requireWritable();
    if (this.#left(bytes) < this.#volume.lowWater) throw this.#tooLittle(this.#volume.lowWater, bytes);
  }

  /** After each look: once there is plenty again, what owners took before no longer matters. */
  looked(): void {
    if (this.#left(0) >= plentyAbove * this.#volume.lowWater) this.#taken.clear();
  }

  /** What would be left once everything reserved and owed, and this many bytes more, is written. */
  #left(bytes: number): number {
    return this.#volume.freeBytes - this.#promised - this.#owed() - bytes;
  }

  /** What has to stay free. */
  #keptFrom({ owner, bytes }: SpaceRequest): number {
    if (owner === undefined) return lastShare * this.#volume.lowWater;
    return bytes === undefined ? scarceBelow * this.#volume.lowWater : this.#volume.lowWater;
  }

  #requireFor(wish: SpaceRequest, bytes: number): void {
    this.#volume.requireWritable();
    const keep = this.#keptFrom(wish);
    if (this.#left(bytes) < keep) throw this.#tooLittle(keep, bytes);
    if (wish.owner === undefined || this.#left(bytes) >= scarceBelow * this.#volume.lowWater) return;
    const taken = this.#taken.get(wish.owner) ?? 0;
    const most = ownerShare * this.#volume.lowWater;
    if (taken + bytes <= most) return;
    throw noSpace(
      `space on the volume of the pool is scarce: ${this.#numbers()}; each owner may take ${formatBytes(most)} of what is left, you have taken ${formatBytes(taken)}, and this needs ${formatBytes(bytes)}`,
    );
  }

  #take(owner: string | undefined, bytes: number): void {
    if (owner === undefined || bytes === 0) return;
    this.#taken.set(owner, Math.max(0, (this.#taken.get(owner) ?? 0) + bytes));
  }

  #tooLittle(keep: number, bytes: number): GlideinError {
    const needs = bytes === 0 ? '' : `; this needs ${formatBytes(bytes)}`;
    return noSpace(
      `the volume of the pool has too little space: ${this.#numbers()}, ${formatBytes(keep)} are kept free${needs}`,
    );
  }

  #numbers(): string {
    const promises = this.#promised + this.#owed();
    const promised = promises === 0 ? '' : `, ${formatBytes(promises)} of them reserved`;
    return `${formatBytes(this.#volume.freeBytes)} of ${formatBytes(this.#volume.sizeBytes)} are free${promised}`;
  }
}

/** The error of a request for which a volume has no space. */
export function noSpace(message: string): GlideinError {
  return new GlideinError('NoSpace', message, {
    cure: 'remove jobs that nobody needs, or ask the operator of the pool for a larger volume',
  });
}
