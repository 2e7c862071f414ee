import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '#base/clock.ts';
import { type Published, type PublishOptions, publishImage } from '#images/publish/publish-image.ts';
import { BlobFiles } from '#images/registry/blob-files.ts';
import { parseReference } from '#images/registry/reference.ts';
import { RegistryClient } from '#images/registry/registry-client.ts';
import { sender } from '#images/registry/requests.ts';
import { ImageDirectory } from '#images/tree/image-directory.ts';
import { ImageRegistry } from './image-registry.ts';

/** A registry, and a directory into which its images are published. */
export class ImageWorld {
  readonly registry: ImageRegistry;
  readonly root: string;
  readonly #images: ImageDirectory;

  private constructor(registry: ImageRegistry, root: string, images: ImageDirectory) {
    this.registry = registry;
    this.root = root;
    this.#images = images;
  }

  static async start(): Promise<ImageWorld> {
    const root = await mkdtemp(join(tmpdir(), 'glidein-images-'));
    const images = await ImageDirectory.open(join(root, 'images'));
    return new ImageWorld(await ImageRegistry.start(), root, images);
  }

  async stop(): Promise<void> {
    this.#images.close();
    await this.registry.stop();
    await rm(this.root, { recursive: true, force: true });
  }

  get directory(): string {
    return this.#images.path;
  }

  get images(): ImageDirectory {
    return this.#images;
  }

  /** Publishes an image of the registry: `ORG/NAME:TAG`. */
  async publish(
    name: string,
    options: Partial<PublishOptions> = {},
    clock: Clock = systemClock,
  ): Promise<Published> {
    const reference = parseReference(`${this.registry.host}/${name}`);
    const { signal } = new AbortController();
    return await publishImage(
      reference,
      {
        client: new RegistryClient({
          registry: reference.registry,
          send: sender({}),
          clock: { ...clock, after: (wait, run) => clock.after(wait >= 10_000 ? wait : 0, run) },
          random: () => 0,
        }),
        blobs: new BlobFiles({ directory: join(this.root, 'layers'), clock }),
        images: this.#images,
        platform: { architecture: 'amd64', os: 'linux' },
        limits: { entries: 100_000, bytes: 2 ** 30 },
        clock,
        ...options,
      },
      signal,
    );
  }
}
