import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';

/** Bytes that are charged to each owner. */
type Charges = ReadonlyMap<string, number>;

/** Bytes set aside at a time for an upload of unknown length. */
const step = 8 * 2 ** 20;

/** An upload that begins. */
interface Beginning {
  /** The byte at which it goes on. */
  readonly from: number;
  /** Its length; undefined if unknown. */
  readonly bytes: number | undefined;
  /** Bytes that other uploads of the owner have left when they were cut off. */
  readonly left: () => Promise<number>;
}

/** What an upload may take: no other upload of the owner gets it before `end`. */
interface Share {
  /** @param bytes that have come so far @throws GlideinError NoSpace if the owner may have no more */
  wrote(bytes: number): void;
  end(): void;
}

/**
 * How many bytes of files each owner may have in the spool that only that owner's jobs name; what jobs of several owners name is
 * charged to nobody. The sweep counts, so a figure may be ten minutes old; uploads count from their beginning, also those that
 * were cut off. Results are always accepted: whoever has too much submits and uploads nothing until some of it is gone.
 */
export class FileQuota {
  #limit: number | undefined;
  #charges: Charges = new Map();
  /** Files that owners have uploaded, and that no job named when files were last counted. */
  readonly #uploaded = new Map<string, { readonly owner: string; readonly size: number }>();

  /** Bytes that uploads under way may bring, by owner. */
  readonly #underWay = new Map<string, number>();

  /** @param limit bytes per owner; no limit if undefined */
  set(limit: number | undefined): void {
    this.#limit = limit;
  }

  /** Sets aside what an upload needs. @throws GlideinError NoSpace if the owner would have more than allowed */
  async begin(owner: string, { from, bytes, left }: Beginning): Promise<Share> {
    const cutOff = this.#limit === undefined ? 0 : await left();
    let share = 0;
    const grow = (more: number) => {
      this.require(owner, more, cutOff + (this.#underWay.get(owner) ?? 0));
      this.#note(owner, more);
      share += more;
    };
    grow(from + (bytes ?? step));
    return {
      wrote: (came) => {
        if (bytes === undefined) grow(came + from + step - share);
      },
      end: () => this.#note(owner, -share),
    };
  }

  #note(owner: string, bytes: number): void {
    const now = (this.#underWay.get(owner) ?? 0) + bytes;
    if (now === 0) this.#underWay.delete(owner);
    else this.#underWay.set(owner, now);
  }

  /**
   * @param unfinished bytes of the owner's uploads that are no files yet
   * @throws GlideinError NoSpace if the owner has more than allowed, or would with `bytes` more
   */
  require(owner: string, bytes: number, unfinished = 0): void {
    const limit = this.#limit;
    if (limit === undefined) return;
    const used = this.usedBy(owner) + unfinished;
    if (used <= limit && used + bytes <= limit) return;
    const more = bytes === 0 ? '' : `, and this needs ${formatBytes(bytes)}`;
    throw new GlideinError(
      'NoSpace',
      `the files of your jobs${unfinished === 0 ? '' : ' and your unfinished uploads'} take ${formatBytes(used)} of the ${formatBytes(limit)} that this pool has for one owner${more}`,
      { cure: 'fetch and remove what you no longer need; the pool counts again every ten minutes' },
    );
  }

  usedBy(owner: string): number {
    let bytes = this.#charges.get(owner) ?? 0;
    for (const one of this.#uploaded.values()) if (one.owner === owner) bytes += one.size;
    return bytes;
  }

  uploaded(owner: string, digest: string, size: number): void {
    if (this.#limit !== undefined) this.#uploaded.set(digest, { owner, size });
  }

  /** Begins to count; undefined if there is no limit, because it takes memory. */
  count(): FileCount | undefined {
    if (this.#limit === undefined) return undefined;
    const before = [...this.#uploaded.keys()];
    return new FileCount((charges, unnamed) => {
      this.#charges = charges;
      // A file that came meanwhile may be named by a job that was looked at before.
      for (const digest of before) if (!unnamed.has(digest)) this.#uploaded.delete(digest);
    });
  }
}

/** Stands for several owners. */
const shared = Symbol('shared');

/** One count: first all names of files, then all files. */
export class FileCount {
  readonly #owners = new Map<number, string | typeof shared>();
  readonly #charges = new Map<string, number>();
  readonly #unnamed = new Set<string>();
  readonly #end: (charges: Charges, unnamed: ReadonlySet<string>) => void;

  constructor(end: (charges: Charges, unnamed: ReadonlySet<string>) => void) {
    this.#end = end;
  }

  /** A job of this owner names the file. */
  name(owner: string, digest: string): void {
    const key = keyOf(digest);
    const known = this.#owners.get(key);
    if (known === undefined) this.#owners.set(key, owner);
    else if (known !== owner) this.#owners.set(key, shared);
  }

  /** The file is in the spool. */
  file(digest: string, size: number): void {
    const owner = this.#owners.get(keyOf(digest));
    if (owner === undefined) this.#unnamed.add(digest);
    else if (owner !== shared) this.#charges.set(owner, (this.#charges.get(owner) ?? 0) + size);
  }

  end(): void {
    this.#end(this.#charges, this.#unnamed);
  }
}

/** Digests are random: their first 48 bits tell a hundred million files apart well enough for a sum, and take little memory. */
const keyOf = (digest: string): number =>
  Number.parseInt(digest.slice('sha256:'.length, 'sha256:'.length + 12), 16);
