import { arch } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { Progress } from '#cli/progress.ts';
import { note, oneLine, print, type Terminal } from '#cli/terminal.ts';
import { imagesTable } from '#config/images-table.ts';
import { type Published, type PublishOptions, publishImage } from '#images/publish/publish-image.ts';
import { BlobFiles } from '#images/registry/blob-files.ts';
import { credentialsFor, loginFiles } from '#images/registry/credentials.ts';
import { type ImageReference, parseReference } from '#images/registry/reference.ts';
import { RegistryClient } from '#images/registry/registry-client.ts';
import { sender } from '#images/registry/requests.ts';
import type { ImageTarget } from '#images/target/image-target.ts';
import { cacheDirectory, imagesTarget } from './images-directory.ts';

/** The largest image that is published; those of physics experiments have some ten gigabytes. */
const limits = { entries: 2_000_000, bytes: 64 * 2 ** 30 };

/** Bytes of layers that are kept for further images. */
const mostLayers = 4 * 2 ** 30;

/** `glidein images add`: from a registry into the directory. */
export function addCommand(images: Command, terminal: Terminal): void {
  addSettings(images.command('add'), imagesTable)
    .argument('<references...>', 'images such as docker://debian:12 or ghcr.io/org/name@sha256:…')
    .summary('publish images of registries')
    .description(
      'Fetches images from their registries, expands them, and publishes each under its name. A name that is published already leads to the new image from then on; jobs that run keep theirs.',
    )
    .addHelpText(
      'after',
      `
Credentials are those of \`docker login\` or \`podman login\`. A registry on this machine is asked without encryption.

Examples:
  $ glidein images add docker://debian:12
  $ glidein images add --images /srv/images ghcr.io/org/analysis:2026-11`,
    )
    .action(async (words: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const references = words.map(parseReference);
      const directory = await imagesTarget(flags, terminal);
      const blobs = new BlobFiles({
        directory: join(cacheDirectory(terminal), 'layers'),
        clock: systemClock,
      });
      try {
        const failed = await addAll(references, { directory, blobs, terminal });
        await blobs.evict(mostLayers);
        if (failed > 0)
          throw new GlideinError(
            'Unavailable',
            `${failed} of ${references.length} images were not published`,
          );
      } finally {
        directory.close();
      }
    });
}

interface Adding {
  readonly directory: ImageTarget;
  readonly blobs: BlobFiles;
  readonly terminal: Terminal;
}

/** One after the other; one that fails does not keep others from being published. @returns how many failed */
async function addAll(references: readonly ImageReference[], adding: Adding): Promise<number> {
  const { terminal } = adding;
  let failed = 0;
  for (const [at, reference] of references.entries()) {
    const progress = new Progress(terminal, systemClock);
    progress.say(`image ${at + 1} of ${references.length}`);
    try {
      const published = await addOne(reference, adding);
      progress.end();
      print(terminal, sentenceOf(published));
    } catch (error) {
      progress.end();
      terminal.signal.throwIfAborted();
      if (references.length === 1) throw error;
      failed += 1;
      note(terminal, oneLine(`${reference.registry}/${reference.repository}: ${describeError(error)}`));
    }
  }
  return failed;
}

async function addOne(reference: ImageReference, { directory, blobs, terminal }: Adding): Promise<Published> {
  const { registry } = reference;
  const credentials = await credentialsFor(registry, loginFiles(terminal.environment, terminal.home));
  const client = new RegistryClient({
    registry,
    send: sender(terminal.environment),
    clock: systemClock,
    random: Math.random,
    credentials,
  });
  const platform = { architecture: goArchitectures[arch()] ?? arch(), os: 'linux' };
  const options: PublishOptions = { client, blobs, images: directory, platform, limits, clock: systemClock };
  return await publishImage(reference, options, terminal.signal);
}

/** Go's names of processors, which registries use, by Node's. */
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const sentenceOf = ({ name, digest, wasThere }: Published): string =>
  `${name} is published${wasThere ? ' already' : ''}: ${digest}. Jobs use it with container_image = docker://${name}`;
