import type { IncomingMessage } from 'node:http';
import { GlideinError } from '#base/error.ts';
import type { ImageReference } from './reference.ts';
import type { FetchedManifest, RegistryClient } from './registry-client.ts';
import type { Rest } from './registry-peace.ts';

/** What reads images of one registry, wherever they come from. */
export type RegistryReader = Pick<RegistryClient, 'digestOf' | 'manifest' | 'blob' | 'tags'>;

/** A registry with mirrors: these are asked first, one after the other. What they do not have or do not give comes from the registry itself. */
export class MirroredClient implements RegistryReader {
  readonly #sources: readonly RegistryReader[];

  /** @param mirrors in the order in which they are asked */
  constructor(mirrors: readonly RegistryReader[], registry: RegistryReader) {
    this.#sources = [...mirrors, registry];
  }

  digestOf(reference: ImageReference, signal: AbortSignal, rest?: Rest): Promise<string | undefined> {
    return this.#first((source) => source.digestOf(reference, signal, rest), signal);
  }

  manifest(reference: ImageReference, signal: AbortSignal, rest?: Rest): Promise<FetchedManifest> {
    return this.#first((source) => source.manifest(reference, signal, rest), signal);
  }

  tags(reference: ImageReference, signal: AbortSignal, rest?: Rest): Promise<readonly string[]> {
    return this.#first((source) => source.tags(reference, signal, rest), signal);
  }

  blob(
    reference: ImageReference,
    digest: string,
    from: number,
    signal: AbortSignal,
    rest?: Rest,
  ): Promise<{ readonly from: number; readonly content: IncomingMessage }> {
    return this.#first((source) => source.blob(reference, digest, from, signal, rest), signal);
  }

  /** @throws GlideinError of the registry itself, which comes last */
  async #first<T>(ask: (source: RegistryReader) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (const [at, source] of this.#sources.entries())
      try {
        return await ask(source);
      } catch (error) {
        signal.throwIfAborted();
        const isLast = at === this.#sources.length - 1;
        if (isLast || !(error instanceof GlideinError)) throw error;
      }
    throw new GlideinError('Internal', 'there is no registry to ask');
  }
}
