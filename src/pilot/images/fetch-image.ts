import { rm } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { publishImage } from '#images/publish/publish-image.ts';
import { BlobFiles } from '#images/registry/blob-files.ts';
import { credentialsFor } from '#images/registry/credentials.ts';
import type { ImageReference } from '#images/registry/reference.ts';
import { RegistryClient } from '#images/registry/registry-client.ts';
import { sender } from '#images/registry/requests.ts';
import { loginsIn } from '#images/set/login-directory.ts';
import { ImageDirectory } from '#images/tree/image-directory.ts';
import { evictImages } from './evict-images.ts';
import type { Pins } from './pins.ts';

export interface FetchOptions {
  readonly directory: string;
  /** The most bytes of all images. */
  readonly most: number;
  readonly pins: Pins;
  readonly clock: Clock;
  readonly random: () => number;
  /** A directory with files of credentials; undefined: registries are asked without. */
  readonly logins?: string | undefined;
  /** May name proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The most files and directories of one image. */
const mostEntries = 2_000_000;

/** Milliseconds between two looks at whether another pilot still changes the directory. */
const look = 1000;

/** Go's names of processors, which registries use, by Node's. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Fetches an image into the directory, and makes room for it before. @throws GlideinError of the registry, or of the image */
export async function fetchImage(
  reference: ImageReference,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { most, pins, clock, random, environment, logins } = options;
  const { registry } = reference;
  // Read each time, because Secrets change.
  const credentials =
    logins === undefined ? undefined : await credentialsFor(registry, await loginsIn(logins));
  const images = await whenFree(options, signal);
  const layers = images.newStagingPath();
  try {
    const left = await evictImages(images, most / 2, pins);
    await publishImage(
      reference,
      {
        client: new RegistryClient({ registry, send: sender(environment), clock, random, credentials }),
        blobs: new BlobFiles({ directory: layers, clock }),
        images,
        platform: { architecture: architectures[process.arch] ?? process.arch, os: 'linux' },
        limits: { entries: mostEntries, bytes: Math.max(0, most - left) },
        clock,
      },
      signal,
    );
  } finally {
    await rm(layers, { recursive: true, force: true });
    images.close();
  }
}

/** Pilots of one machine may share the directory; one of them at a time changes it. */
async function whenFree({ directory, clock }: FetchOptions, signal: AbortSignal): Promise<ImageDirectory> {
  for (;;) {
    try {
      return await ImageDirectory.open(directory);
    } catch (error) {
      if (!isCode(error, 'Conflict')) throw error;
      await sleep(clock, look, signal);
      signal.throwIfAborted();
    }
  }
}
