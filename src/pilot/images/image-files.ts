import { createHash, randomUUID } from 'node:crypto';
import { rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { makeFolders } from '#base/make-folders.ts';
import { evict } from '../transfer/cache-eviction.ts';
import { UrlFailure } from '../transfer/url-failure.ts';
import type { UrlFetcher } from '../transfer/url-fetcher.ts';
import type { HeldImage } from './fetched-images.ts';

export interface ImageFilesOptions {
  readonly directory: string;
  /** The most bytes of all files. */
  readonly most: number;
  /** Milliseconds that a download may take. */
  readonly limit: number;
  readonly fetcher: Pick<UrlFetcher, 'fetch'>;
  readonly clock: Clock;
}

/** Milliseconds for which a URL is believed to lead to the same file. */
const fresh = 3_600_000;

/** How often a file is fetched again that another pilot has removed before it could be used. */
const mostTries = 3;

/**
 * The image files that a pilot fetches by their URLs, in a directory that several pilots may share. Payloads that want the same file at
 * the same time share one download; it appears whole, by rename. The files that were used longest ago make room. Another pilot may
 * remove one that is in use here: the program that serves it has it open, and reads on.
 */
export class ImageFiles {
  readonly #options: ImageFilesOptions;
  readonly #pending = new Map<string, Promise<void>>();
  readonly #uses = new Map<string, number>();

  constructor(options: ImageFilesOptions) {
    this.#options = options;
  }

  /** @throws UrlFailure; errors of the file system; the reason of `signal` when that aborts */
  async hold(url: string, signal: AbortSignal): Promise<HeldImage> {
    const { directory, clock } = this.#options;
    const period = Math.floor(clock.wall() / fresh);
    // The cache of files knows whole ones by such names.
    const name = `sha256-${createHash('sha256').update(`${period} ${url}`).digest('hex')}`;
    const path = join(directory, name);
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    const release = async () => this.#release(name);
    try {
      for (let tries = 1; ; tries += 1) {
        await this.#bring(url, path, signal);
        const now = clock.wall() / 1000;
        // The file may belong to another user.
        await utimes(path, now, now).catch(() => undefined);
        if (await isThere(path)) return { path, release };
        if (tries === mostTries) throw new UrlFailure('another pilot removes it again and again', true);
      }
    } catch (error) {
      await release();
      throw error;
    }
  }

  async #bring(url: string, path: string, signal: AbortSignal): Promise<void> {
    if (await isThere(path)) return;
    const pending = this.#pending.get(path) ?? this.#start(url, path, signal);
    try {
      await pending;
    } catch (error) {
      signal.throwIfAborted();
      // The payload that had begun the download was stopped; this one still wants it.
      if (!isAbort(error)) throw error;
      await this.#bring(url, path, signal);
    }
  }

  #start(url: string, path: string, signal: AbortSignal): Promise<void> {
    const pending = this.#download(url, path, signal).finally(() => this.#pending.delete(path));
    this.#pending.set(path, pending);
    return pending;
  }

  async #download(url: string, path: string, signal: AbortSignal): Promise<void> {
    const { directory, most, limit, fetcher, clock } = this.#options;
    const late = new AbortController();
    const timer = clock.after(limit, () => late.abort());
    await makeFolders(directory);
    await this.#evict(most / 2);
    // Pods that share a volume have the same process ids.
    const own = `${path}.${randomUUID()}`;
    try {
      await fetcher.fetch(url, own, most / 2, AbortSignal.any([signal, late.signal]));
      await rename(own, path);
    } catch (error) {
      if (!late.signal.aborted) throw error;
      throw new UrlFailure(`it took longer than ${Math.round(limit / 1000)} seconds`, true);
    } finally {
      timer.cancel();
      await rm(own, { force: true });
    }
  }

  async #release(name: string): Promise<void> {
    const left = (this.#uses.get(name) ?? 1) - 1;
    if (left > 0) this.#uses.set(name, left);
    else this.#uses.delete(name);
  }

  #evict(most: number): Promise<number> {
    const { directory, clock } = this.#options;
    return evict(directory, { most, now: clock.wall(), pinned: new Set(this.#uses.keys()) });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
