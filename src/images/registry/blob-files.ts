import { createHash, type Hash } from 'node:crypto';
import { createReadStream, statfsSync } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import type { Clock, Timer } from '#base/clock.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { systemCode } from '#base/system-error.ts';
import type { Descriptor } from './manifest.ts';
import type { ImageReference } from './reference.ts';
import type { RegistryClient } from './registry-client.ts';

/** How often a blob is asked for again where its transfer broke off. */
const mostTries = 5;

/** Milliseconds of each look at a transfer, and the bytes that are to come in it: a registry that drips is given up. */
const look = 30_000;
const leastPerLook = 32 * 2 ** 10;

export interface BlobFilesOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Bytes that stay free on the disk; none if undefined. */
  readonly reserve?: number | undefined;
}

/** Bytes after which the disk is looked at again, since many blobs may come at a time. */
const lookAtDisk = 4 * 2 ** 20;

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
    if ((await sizeOf(path)) === blob.size) {
      await utimes(path, this.#options.clock.wall() / 1000, this.#options.clock.wall() / 1000);
      return path;
    }
    await makeFolders(dirname(path));
    const partial = this.#partialOf(reference, blob);
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#transfer(client, reference, blob, partial, signal);
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
  async evict(most: number, held: ReadonlySet<string> = new Set()): Promise<void> {
    const isHeld = (path: string): boolean => held.has(`sha256:${basename(path).replace(/\..*/, '')}`);
    const files = (await blobsIn(this.#options.directory)).filter(({ path }) => !isHeld(path));
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= most) return;
      await rm(path, { force: true });
      bytes -= size;
    }
  }

  #pathOf(digest: string): string {
    return join(this.#options.directory, digest.replace(':', '/'));
  }

  /** What a registry has sent of a blob. */
  #partialOf({ registry }: ImageReference, { digest }: Descriptor): string {
    const source = createHash('sha256').update(registry).digest('hex').slice(0, 16);
    return `${this.#pathOf(digest)}.${source}.partial`;
  }

  /** Goes on where an earlier transfer broke off, and checks the whole. */
  async #transfer(
    client: Pick<RegistryClient, 'blob'>,
    reference: ImageReference,
    blob: Descriptor,
    partial: string,
    signal: AbortSignal,
  ): Promise<void> {
    const there = await hashOf(partial, blob.size);
    const whole =
      there.bytes === blob.size
        ? there
        : await this.#receive(client, reference, blob, { partial, there }, signal);
    if (`sha256:${whole.hash.digest('hex')}` !== blob.digest)
      throw wrong(blob.digest, 'its content has another digest');
  }

  async #receive(
    client: Pick<RegistryClient, 'blob'>,
    reference: ImageReference,
    { digest, size }: Descriptor,
    { partial, there }: { readonly partial: string; readonly there: Received },
    signal: AbortSignal,
  ): Promise<Received> {
    const { from, content } = await client.blob(reference, digest, there.bytes, signal);
    const received = from === there.bytes ? there : { hash: createHash('sha256'), bytes: 0 };
    const pace = new Pace(this.#options.clock, () => content.destroy(tooSlow()));
    const stop = (): unknown => content.destroy();
    signal.addEventListener('abort', stop, { once: true });
    const file = await open(partial, received.bytes === 0 ? 'w' : 'a');
    let unlooked = 0;
    try {
      for await (const chunk of chunksOf(content)) {
        pace.add(chunk.length);
        received.bytes += chunk.length;
        if (received.bytes > size) throw wrong(digest, `it has more than the ${size} bytes of its manifest`);
        received.hash.update(chunk);
        unlooked += chunk.length;
        if (unlooked >= lookAtDisk) this.#requireRoom();
        unlooked %= lookAtDisk;
        await file.write(chunk);
      }
    } finally {
      pace.stop();
      signal.removeEventListener('abort', stop);
      content.destroy();
      await file.close();
    }
    if (received.bytes === size) return received;
    throw new GlideinError('Unavailable', `the transfer ended after ${received.bytes} of ${size} bytes`);
  }

  #requireRoom(): void {
    const { directory, reserve = 0 } = this.#options;
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < reserve)
      throw new GlideinError(
        'NoSpace',
        `the layers of the image need more space than there is: ${Math.floor(reserve / 2 ** 20)} MiB are to stay free`,
      );
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

interface BlobFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

async function blobsIn(directory: string): Promise<BlobFile[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    },
  );
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => await blobAt(join(parentPath, name))),
  );
  return found.filter((each) => each !== undefined);
}

/** Undefined if it has got its name, or has gone, since its directory was read. */
async function blobAt(path: string): Promise<BlobFile | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, size, usedAt: mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What has arrived of a blob. */
interface Received {
  readonly hash: Hash;
  bytes: number;
}

/** Tells when too little has come for a while. */
class Pace {
  readonly #clock: Clock;
  readonly #tooSlow: () => void;
  #bytes = 0;
  #timer: Timer;

  constructor(clock: Clock, tooSlow: () => void) {
    this.#clock = clock;
    this.#tooSlow = tooSlow;
    this.#timer = this.#next();
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#clock.after(look, () => {
      if (this.#bytes < leastPerLook) return this.#tooSlow();
      this.#bytes = 0;
      this.#timer = this.#next();
    });
  }
}

const tooSlow = (): GlideinError =>
  new GlideinError(
    'Unavailable',
    `the registry sends less than ${leastPerLook} bytes in ${look / 1000} seconds`,
  );

/** What an earlier transfer has brought. */
async function hashOf(partial: string, size: number): Promise<Received> {
  const hash = createHash('sha256');
  const there = (await sizeOf(partial)) ?? 0;
  if (there === 0 || there > size) return { hash, bytes: 0 };
  for await (const chunk of createReadStream(partial) as AsyncIterable<Buffer>) hash.update(chunk);
  return { hash, bytes: there };
}

/** A connection that breaks off may do better next time; a full disk or a wrong digest will not. */
const mayPass = (error: unknown): boolean => isCode(error, 'Unavailable');

/** @throws GlideinError and nothing else, so that failures of the network can be told from those of the disk */
async function* chunksOf(content: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* content as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof GlideinError) throw error;
    throw new GlideinError('Unavailable', `the connection broke off: ${describeError(error)}`, {
      cause: error,
    });
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const wrong = (digest: string, why: string): GlideinError =>
  new GlideinError('InvalidMessage', `the registry sends a wrong blob ${digest}: ${why}`);
