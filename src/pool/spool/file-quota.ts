import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';

/** Bytes that are charged to each owner. */
type Charges = ReadonlyMap<string, number>;

/**
 * How many bytes of files each owner may have in the spool that only that owner's jobs name; what jobs of several owners name is
 * charged to nobody. The sweep counts, so a figure may be ten minutes old; uploads count at once. Results are always accepted:
 * whoever has too much submits and uploads nothing until some of it is gone.
 */
export class FileQuota {
  #limit: number | undefined;
  #charges: Charges = new Map();
  /** Files that owners have uploaded, and that no job named when files were last counted. */
  readonly #uploaded = new Map<string, { readonly owner: string; readonly size: number }>();

  /** @param limit bytes per owner; no limit if undefined */
  set(limit: number | undefined): void {
    this.#limit = limit;
  }

  /** @throws GlideinError NoSpace if the owner has more than allowed, or would with `bytes` more */
  require(owner: string, bytes: number): void {
    const limit = this.#limit;
    if (limit === undefined) return;
    const used = this.usedBy(owner);
    if (used <= limit && used + bytes <= limit) return;
    const more = bytes === 0 ? '' : `, and this needs ${formatBytes(bytes)}`;
    throw new GlideinError(
      'NoSpace',
      `the files of your jobs take ${formatBytes(used)} of the ${formatBytes(limit)} that this pool has for one owner${more}`,
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
