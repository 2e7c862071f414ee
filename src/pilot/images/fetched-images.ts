import { lstat, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { type ImageReference, referenceText } from '#images/registry/reference.ts';
import type { FetchOptions } from './fetch-image.ts';
import { Pins } from './pins.ts';

/** An image that stays where it is until it is released. */
export interface HeldImage {
  readonly path: string;
  readonly release: () => Promise<void>;
}

export interface FetchedImagesOptions extends Omit<FetchOptions, 'pins'> {
  /** Tells the pilot from others that share the directory. */
  readonly owner: string;
  /** Milliseconds that a fetch may take. */
  readonly limit: number;
  /** Fetches an image; the module that really does is only loaded when it is needed. */
  readonly fetch?: ((reference: ImageReference, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Milliseconds for which a tag is believed to lead where it has led. */
const fresh = 3_600_000;

/** How often an image is fetched again that another pilot has removed before it could be pinned. */
const mostTries = 3;

interface Pending {
  readonly fetched: Promise<void>;
  readonly end: AbortController;
  waiting: number;
}

/**
 * The images that a pilot fetches from registries, expanded, in a directory that several pilots may share. Payloads that want the same
 * image share one fetch. The images that were used longest ago make room for new ones; what a payload runs in stays.
 */
export class FetchedImages {
  readonly #options: FetchedImagesOptions;
  readonly #pins: Pins;
  readonly #pending = new Map<string, Pending>();
  /** Fetches follow one another: each may take all the room that is left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FetchedImagesOptions) {
    this.#options = options;
    this.#pins = new Pins(options.directory, options.owner, options.clock);
  }

  /**
   * The image of a reference, fetched if it is not there or if its tag may have moved.
   * @throws GlideinError of the registry, or of the image; the reason of `signal` when that aborts
   */
  async hold(reference: ImageReference, signal: AbortSignal): Promise<HeldImage> {
    const { directory, clock } = this.#options;
    for (let tries = 1; ; tries += 1) {
      if (!(await this.#isFresh(reference))) await this.#bring(reference, signal);
      const path = await realpath(join(directory, referenceText(reference))).catch(() => undefined);
      if (path !== undefined) {
        const release = await this.#pins.pin(basename(path));
        // Another pilot may have removed it meanwhile.
        if ((await realpath(path).catch(() => undefined)) === path) {
          const { noteUse } = await import('./evict-images.ts');
          await noteUse(directory, basename(path), clock.wall());
          return { path, release };
        }
        await release();
      }
      if (tries === mostTries)
        throw new Error(`the image ${referenceText(reference)} is removed again and again`);
    }
  }

  /** A digest leads to one image for ever. */
  async #isFresh(reference: ImageReference): Promise<boolean> {
    const path = join(this.#options.directory, referenceText(reference));
    if ((await realpath(path).catch(() => undefined)) === undefined) return false;
    if (reference.digest !== undefined) return true;
    const age = this.#options.clock.wall() - (await lstat(path)).mtimeMs;
    // The clock of the disk may be a little ahead.
    return Math.abs(age) < fresh;
  }

  /** A registry that is away does no harm to those who have the image already. */
  async #bring(reference: ImageReference, signal: AbortSignal): Promise<void> {
    try {
      await this.#share(reference, signal);
    } catch (error) {
      signal.throwIfAborted();
      const path = join(this.#options.directory, referenceText(reference));
      if ((await realpath(path).catch(() => undefined)) === undefined) throw error;
    }
  }

  async #share(reference: ImageReference, signal: AbortSignal): Promise<void> {
    const key = referenceText(reference);
    const pending = this.#pending.get(key) ?? this.#start(key, reference);
    pending.waiting += 1;
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([pending.fetched, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
      pending.waiting -= 1;
      if (pending.waiting === 0) pending.end.abort();
    }
  }

  #start(key: string, reference: ImageReference): Pending {
    const end = new AbortController();
    const before = this.#last;
    const fetched = before
      // It may have come while this one waited for its turn.
      .then(async () => (await this.#isFresh(reference)) || this.#fetchInTime(reference, end.signal))
      .then(() => undefined)
      .finally(() => this.#pending.delete(key));
    this.#last = fetched.catch(() => undefined);
    const pending = { fetched, end, waiting: 0 };
    this.#pending.set(key, pending);
    return pending;
  }

  async #fetchInTime(reference: ImageReference, signal: AbortSignal): Promise<void> {
    const { clock, limit } = this.#options;
    const late = new AbortController();
    const timer = clock.after(limit, () => late.abort(tooSlow(reference, limit)));
    try {
      const both = AbortSignal.any([signal, late.signal]);
      both.throwIfAborted();
      await this.#fetch(reference, both);
    } catch (error) {
      // Whatever an abort looks like where it was noticed.
      late.signal.throwIfAborted();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  async #fetch(reference: ImageReference, signal: AbortSignal): Promise<void> {
    const { fetch, directory, most, clock, random, environment, logins } = this.#options;
    if (fetch !== undefined) return await fetch(reference, signal);
    const { fetchImage } = await import('./fetch-image.ts');
    await fetchImage(
      reference,
      { directory, most, pins: this.#pins, clock, random, environment, logins },
      signal,
    );
  }
}

const tooSlow = (reference: ImageReference, limit: number): GlideinError =>
  new GlideinError(
    'Unavailable',
    `the image ${referenceText(reference)} could not be fetched within ${Math.round(limit / 1000)} seconds`,
  );
