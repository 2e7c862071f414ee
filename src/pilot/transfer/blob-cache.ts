import { randomUUID } from 'node:crypto';
import { rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { type Blob, downloadBlob, hasFile } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { evict } from './cache-eviction.ts';

export interface BlobCacheOptions {
  /** Must contain a directory `blobs`. */
  readonly directory: string;
  readonly client: PoolClient;
  /** The most bytes that the cache keeps. */
  readonly most: number;
  readonly clock: Clock;
  /** The disk has no room for an input, although the cache has removed everything that nobody uses. */
  readonly full?: (reason: string) => void;
}

/** The cache is measured again when this share of its size has come in. (Other pilots fill it as well.) */
const unseen = 0.1;

/** Another pilot may evict a file between its download and its use, but hardly every time. */
const mostTries = 3;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Input files by digest. Payloads that want the same file at the same time share one download. Several pilots may share
 * the directory: a file appears whole and verified, by rename; the file that was used longest ago is unlinked first.
 * Payloads get copies, never these files.
 */
export class BlobCache {
  readonly #options: BlobCacheOptions;
  readonly #directory: string;
  readonly #running = new Map<string, Promise<void>>();
  /** How many payloads use a file now, by its name. */
  readonly #uses = new Map<string, number>();
  /** Bytes that have come in since the cache was measured. Infinite: it must be measured after the next use. */
  #added = Number.POSITIVE_INFINITY;

  constructor(options: BlobCacheOptions) {
    this.#options = options;
    this.#directory = join(options.directory, 'blobs');
  }

  /**
   * Passes the path of the file with this content to `use`, and keeps the file until `use` has finished.
   * @throws GlideinError NotFound when the pool does not have it, Unavailable when the pool is away; what `use` throws
   */
  async use<T>(digest: string, size: number, use: (path: string) => Promise<T>): Promise<T> {
    const name = digest.replace(':', '-');
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    try {
      return await this.#use(name, { digest, size }, use);
    } finally {
      const left = (this.#uses.get(name) ?? 1) - 1;
      if (left > 0) this.#uses.set(name, left);
      else this.#uses.delete(name);
      await this.#makeRoom();
    }
  }

  async #use<T>(name: string, blob: Blob, use: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.#directory, name);
    for (let tries = 1; ; tries += 1) {
      await this.#fetch(name, blob);
      try {
        return await use(path);
      } catch (error) {
        // ENOENT is enough: another pilot may have brought the file back since.
        const vanished = codeOf(error) === 'ENOENT' || !(await hasFile(path, blob.size));
        if (tries === mostTries || !vanished) throw error;
      }
    }
  }

  async #fetch(name: string, { digest, size }: Blob): Promise<void> {
    const path = join(this.#directory, name);
    if (await hasFile(path, size)) {
      const now = this.#options.clock.wall() / 1000;
      // The file may belong to another user, or another pilot may just have removed it.
      await utimes(path, now, now).catch(() => undefined);
      return;
    }
    const running = this.#running.get(digest);
    if (running !== undefined) return await running;
    const download = this.#download({ digest, size }, path).finally(() => this.#running.delete(digest));
    this.#running.set(digest, download);
    await download;
    this.#added += size;
  }

  /** A full disk is not the job's fault: before the download fails, the cache removes everything that nobody uses. */
  async #download(blob: Blob, path: string): Promise<void> {
    try {
      await this.#bring(blob, path);
    } catch (error) {
      if (codeOf(error) !== 'ENOSPC') throw error;
      await this.#evict(0);
      await this.#bring(blob, path).catch((again: unknown) => {
        if (codeOf(again) === 'ENOSPC')
          this.#options.full?.('the disk of this pilot is full: there is no room for an input');
        throw again;
      });
    }
  }

  async #bring(blob: Blob, path: string): Promise<void> {
    // Pods that share a volume have the same process ids.
    const own = `${path}.${randomUUID()}`;
    try {
      await downloadBlob(this.#options.client, blob, own, { mode: 0o444 });
      const now = this.#options.clock.wall() / 1000;
      await utimes(own, now, now);
      await rename(own, path);
    } finally {
      await rm(own, { force: true });
    }
  }

  async #makeRoom(): Promise<void> {
    const { most } = this.#options;
    if (this.#added <= most * unseen) return;
    this.#added = 0;
    // If something is in use, or cannot be removed now, the next use tries again.
    const left = await this.#evict(most).catch(() => most + 1);
    if (left > most) this.#added = Number.POSITIVE_INFINITY;
  }

  #evict(most: number): Promise<number> {
    const pinned = new Set(this.#uses.keys());
    return evict(this.#directory, { most, now: this.#options.clock.wall(), pinned });
  }
}
