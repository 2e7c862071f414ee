import { createHash } from 'node:crypto';
import { rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { blobAt } from './blob-file.ts';
import { transferBlob } from './blob-transfer.ts';
import { evictBlobs } from './evict-blobs.ts';
import type { Descriptor } from './manifest.ts';
import type { ImageReference } from './reference.ts';
import type { RegistryClient } from './registry-client.ts';

/** How often a blob is asked for again where its transfer broke off. */
const mostTries = 5;

export interface BlobFilesOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Bytes that stay free on the disk; none if undefined. */
  readonly reserve?: number | undefined;
}

/** A transfer that goes on. */
interface Pending {
  readonly done: Promise<string>;
  readonly signal: AbortSignal;
  readonly repository: string;
}

/**
 * Blobs as files that are named by their digests. One that is there is complete and was checked. What a broken transfer has
 * brought is kept, and the next one goes on behind it.
 *
 * **Gotchas.** Until a blob is complete, registries have nothing in common: whoever names a digest of somebody else's image in one of
 * their own could otherwise send it slowly, or send something else, and spoil that image.
 */
export class BlobFiles {
  readonly #options: BlobFilesOptions;
  /** By the names of the files that they write. */
  readonly #pending = new Map<string, Pending>();

  constructor(options: BlobFilesOptions) {
    this.#options = options;
  }

  /**
   * The file of a blob, fetched if it is not there.
   * @throws GlideinError InvalidMessage if it is not what its digest and size say; NotFound, Unauthenticated, Unavailable
   */
  async fetch(
    client: Pick<RegistryClient, 'blob'>,
    reference: ImageReference,
    blob: Descriptor,
    signal: AbortSignal,
  ): Promise<string> {
    for (;;) {
      // Images share layers, and two transfers into one file would spoil it.
      const pending = this.#pending.get(this.#partialOf(reference, blob));
      if (pending === undefined) return await this.#begin(client, reference, blob, signal);
      try {
        return await unlessAborted(pending.done, signal);
      } catch (error) {
        signal.throwIfAborted();
        // The other one was stopped, or may not have it from its repository; that is no reason for us.
        if (!pending.signal.aborted && pending.repository === reference.repository) throw error;
      }
    }
  }

  #begin(
    client: Pick<RegistryClient, 'blob'>,
    reference: ImageReference,
    blob: Descriptor,
    signal: AbortSignal,
  ): Promise<string> {
    const name = this.#partialOf(reference, blob);
    const done = this.#fetch(client, reference, blob, signal).finally(() => this.#pending.delete(name));
    this.#pending.set(name, { done, signal, repository: reference.repository });
    return done;
  }

  async #fetch(
    client: Pick<RegistryClient, 'blob'>,
    reference: ImageReference,
    blob: Descriptor,
    signal: AbortSignal,
  ): Promise<string> {
    const path = this.#pathOf(blob.digest);
    if ((await blobAt(path))?.size === blob.size) {
      await utimes(path, this.#options.clock.wall() / 1000, this.#options.clock.wall() / 1000);
      return path;
    }
    await makeFolders(dirname(path));
    const partial = this.#partialOf(reference, blob);
    for (let tries = 1; ; tries += 1) {
      try {
        await transferBlob(client, reference, blob, { ...this.#options, partial }, signal);
        await rename(partial, path);
        return path;
      } catch (error) {
        signal.throwIfAborted();
        if (!mayPass(error)) {
          await rm(partial, { force: true });
          throw error;
        }
        if (tries === mostTries)
          throw new GlideinError(
            'Unavailable',
            `a layer of the image does not arrive: ${describeError(error)}`,
          );
      }
    }
  }

  /**
   * Removes blobs until they have at most `most` bytes: those first that nobody has used for the longest time.
   * @param held digests of blobs that stay, and do not count
   */
  evict(most: number, held?: ReadonlySet<string>): Promise<void> {
    return evictBlobs(this.#options.directory, most, held);
  }

  #pathOf(digest: string): string {
    return join(this.#options.directory, digest.replace(':', '/'));
  }

  /** What a registry has sent of a blob. */
  #partialOf({ registry }: ImageReference, { digest }: Descriptor): string {
    const source = createHash('sha256').update(registry).digest('hex').slice(0, 16);
    return `${this.#pathOf(digest)}.${source}.partial`;
  }
}

/** What a promise of somebody else brings, as long as we want it. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A connection that breaks off may do better next time; a full disk or a wrong digest will not. */
const mayPass = (error: unknown): boolean => isCode(error, 'Unavailable');
