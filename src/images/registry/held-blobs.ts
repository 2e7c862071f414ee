import type { BlobFiles } from './blob-files.ts';
import type { Descriptor } from './manifest.ts';

/** Which blobs somebody works with, so that they are not evicted: by digest, how many do. */
export class BlobUses {
  readonly #uses = new Map<string, number>();

  /** The blobs for one piece of work, held until `release`. */
  hold(blobs: Pick<BlobFiles, 'fetch'>): HeldBlobs {
    const mine = new Set<string>();
    return {
      fetch: (client, reference, blob, signal) => {
        this.#add(blob, mine);
        return blobs.fetch(client, reference, blob, signal);
      },
      release: () => {
        for (const digest of mine) this.#remove(digest);
        mine.clear();
      },
    };
  }

  get held(): ReadonlySet<string> {
    return new Set(this.#uses.keys());
  }

  #add({ digest }: Descriptor, mine: Set<string>): void {
    if (mine.has(digest)) return;
    mine.add(digest);
    this.#uses.set(digest, (this.#uses.get(digest) ?? 0) + 1);
  }

  #remove(digest: string): void {
    const left = (this.#uses.get(digest) ?? 1) - 1;
    if (left === 0) this.#uses.delete(digest);
    else this.#uses.set(digest, left);
  }
}

export type HeldBlobs = Pick<BlobFiles, 'fetch'> & { readonly release: () => void };
