import { rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { type Blob, downloadBlob, hasFile } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { evict } from './cache-eviction.ts';

export interface BlobCacheOptions {
  /** Has a directory `blobs`. */
  readonly directory: string;
  readonly client: PoolClient;
  /** Bytes that the cache keeps at most. */
  readonly most: number;
  readonly clock: Clock;
  /** The disk had no room for an input, though the cache gave up all that nobody uses. */
  readonly full?: (reason: string) => void;
}

/** Part of what the cache may hold that may come in before it is looked at again: others fill it as well. */
const unseen = 0.1;

/** A file may be evicted by another pilot between its download and its use, but not time and again. */
const mostTries = 3;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Input files by digest. Payloads that want the same file at once share one download; several pilots may share the
 * directory: a file appears whole and verified, by rename, and vanishes by being unlinked, when it was used longest
 * ago. Payloads get copies, never these files.
 */
export class BlobCache {
  readonly #options: BlobCacheOptions;
  readonly #directory: string;
  readonly #running = new Map<string, Promise<void>>();
  /** How many use a file now, by name. */
  readonly #uses = new Map<string, number>();
  #downloads = 0;
  /** Bytes that came in since the cache was looked at; at the beginning nobody has. */
  #added = Number.POSITIVE_INFINITY;

  constructor(options: BlobCacheOptions) {
    this.#options = options;
    this.#directory = join(options.directory, 'blobs');
  }

  /**
   * Hands the path of the file with this content to `use`, for as long as that takes.
   * @throws GlideinError NotFound when the pool has it not, Unavailable when the pool is away; what `use` throws.
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
        // Somebody else may have brought it back by now, so that it is there says nothing of what went wrong.
        const vanished = codeOf(error) === 'ENOENT' || !(await hasFile(path, blob.size));
        if (tries === mostTries || !vanished) throw error;
      }
    }
  }

  async #fetch(name: string, { digest, size }: Blob): Promise<void> {
    const path = join(this.#directory, name);
    if (await hasFile(path, size)) {
      const now = this.#options.clock.wall() / 1000;
      // Another user's file cannot be touched, and another pilot may just have removed it.
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

  /** A full disk is no fault of the job: the cache gives up what nobody uses before it gives up. */
  async #download(blob: Blob, path: string): Promise<void> {
    try {
      await this.#bring(blob, path);
    } catch (error) {
      if (codeOf(error) !== 'ENOSPC') throw error;
      await this.#evict(0);
      await this.#bring(blob, path).catch((again: unknown) => {
        if (codeOf(again) === 'ENOSPC')
          this.#options.full?.('the disk of this pilot is full: an input found no room');
        throw again;
      });
    }
  }

  async #bring(blob: Blob, path: string): Promise<void> {
    this.#downloads += 1;
    const own = `${path}.${process.pid}-${this.#downloads}`;
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
    // What is in use, or cannot be removed now, is met again after the next use.
    const left = await this.#evict(most).catch(() => most + 1);
    if (left > most) this.#added = Number.POSITIVE_INFINITY;
  }

  #evict(most: number): Promise<number> {
    const pinned = new Set(this.#uses.keys());
    return evict(this.#directory, { most, now: this.#options.clock.wall(), pinned });
  }
}
