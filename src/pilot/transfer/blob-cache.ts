import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadBlob, hasFile } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';

/**
 * Input files by digest. Payloads that want the same file at once share one download; several pilots may share the
 * directory: a file appears whole and verified, by rename. Payloads get copies, never these files.
 */
export class BlobCache {
  readonly #directory: string;
  readonly #client: PoolClient;
  readonly #running = new Map<string, Promise<string>>();
  #downloads = 0;

  /** @param directory has a directory `blobs` */
  constructor(directory: string, client: PoolClient) {
    this.#directory = join(directory, 'blobs');
    this.#client = client;
  }

  /**
   * The path of the file with this content.
   * @throws GlideinError NotFound when the pool has it not, Unavailable when the pool is away.
   */
  async fetch(digest: string, size: number): Promise<string> {
    const path = join(this.#directory, digest.replace(':', '-'));
    if (await hasFile(path, size)) return path;
    const running = this.#running.get(digest);
    if (running !== undefined) return await running;
    const download = this.#download(digest, path).finally(() => this.#running.delete(digest));
    this.#running.set(digest, download);
    return await download;
  }

  async #download(digest: string, path: string): Promise<string> {
    this.#downloads += 1;
    const own = `${path}.${process.pid}-${this.#downloads}`;
    try {
      await downloadBlob(this.#client, digest, own, { mode: 0o444 });
      await rename(own, path);
    } finally {
      await rm(own, { force: true });
    }
    return path;
  }
}
