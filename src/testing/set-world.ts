import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { type Clock, systemClock } from '#base/clock.ts';
import { expandImage } from '#images/publish/expand-image.ts';
import { sender } from '#images/registry/requests.ts';
import { type WorkOptions, workMaker } from '#images/set/make-work.ts';
import { setMetrics } from '#images/set/metrics.ts';
import { Publisher } from '#images/set/publisher.ts';
import { ImageDirectory } from '#images/tree/image-directory.ts';
import { verifyImage } from '#images/tree/verify.ts';
import { imageSetSpec } from '#spec/image-set.ts';
import type { ImageStatus } from '#spec/image-set-status.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ImageRegistry } from './image-registry.ts';

/** What a set may say, as somebody writes it. */
export type WrittenSet = Parameters<typeof imageSetSpec.parse>[0];

/** A registry, and a publisher of a set of its images; images are expanded in this process. */
export class SetWorld {
  readonly registry: ImageRegistry;
  readonly root: string;
  /** Milliseconds by which the wall clock is ahead. */
  ahead = 0;
  readonly clock: Clock = { ...systemClock, wall: () => Date.now() + this.ahead };

  private constructor(registry: ImageRegistry, root: string) {
    this.registry = registry;
    this.root = root;
  }

  static async start(): Promise<SetWorld> {
    return new SetWorld(await ImageRegistry.start(), await mkdtemp(join(tmpdir(), 'glidein-set-')));
  }

  async stop(): Promise<void> {
    await this.registry.stop();
    await rm(this.root, { recursive: true, force: true });
  }

  get directory(): string {
    return join(this.root, 'images');
  }

  get state(): string {
    return join(this.directory, '.publisher');
  }

  /** The image of the registry as a set names it. */
  named(name: string): string {
    return `${this.registry.host}/${name}`;
  }

  async open(options: Partial<WorkOptions> = {}): Promise<Publisher> {
    const { clock, directory, state: stateDirectory } = this;
    const name = options.name ?? 'set';
    const logger = createLogger('publisher', { level: 'silent' });
    const signal = new AbortController().signal;
    const workOf = workMaker({
      name,
      directory,
      stateDirectory,
      layers: join(this.root, 'layers'),
      logins: async () => [],
      send: sender({}),
      random: () => 0,
      clock: { ...clock, after: (wait, run) => clock.after(wait >= 10_000 ? wait : 0, run) },
      logger,
      metrics: setMetrics(new Registry(), () => undefined),
      tryImage: undefined,
      worker: {
        parallel: (wanted) => wanted,
        expand: (files, tree, limits, _wanted, limited) =>
          expandImage(files, tree, { limits, clock }, limited),
        verify: (path, digest) => verifyImage(path, digest, false, signal),
      },
      openTarget: (path) => ImageDirectory.open(path),
      ...options,
    });
    return await Publisher.open({ name, directory, stateDirectory, clock, logger, workOf });
  }

  /** One round of a set, from a publisher that starts to one that has ended. @returns what is known of each image, by its name */
  async round(
    set: WrittenSet,
    options: Partial<WorkOptions> = {},
  ): Promise<ReadonlyMap<string, ImageStatus>> {
    const publisher = await this.open(options);
    publisher.apply(imageSetSpec.parse(set), 'sha256:0');
    await publisher.run(new AbortController().signal, true);
    await publisher.close();
    return new Map(
      publisher.status().images.map((image) => [image.reference.slice(this.registry.host.length + 1), image]),
    );
  }
}
