import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { LocalImageSet } from './image-sets.ts';
import { PublisherProcess } from './publisher-process.ts';
import { type StateDirectory, writeWhole } from './state-directory.ts';

export interface PublishersOptions {
  readonly imageSets: readonly LocalImageSet[];
  /** Where images are published. */
  readonly directory: string;
  /** Where layers are kept that images share. */
  readonly layers: string;
  /** Files with the user's credentials for registries, whether they are there or not. */
  readonly logins: readonly string[];
  readonly apptainer: string | undefined;
  /** The command that runs a publisher. */
  readonly program: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Starts a publisher for each set of images. */
export async function startPublishers(
  options: PublishersOptions,
  state: StateDirectory,
): Promise<readonly PublisherProcess[]> {
  if (options.imageSets.length === 0) return [];
  const credentials = await linkCredentials(options.logins, state);
  return Promise.all(options.imageSets.map((set) => startPublisher(set, credentials, options, state)));
}

async function startPublisher(
  { name, spec }: LocalImageSet,
  credentials: string,
  options: PublishersOptions,
  state: StateDirectory,
): Promise<PublisherProcess> {
  const { apptainer, directory, layers, program } = options;
  const file = join(state.publishers, `${name}.json`);
  await writeWhole(file, JSON.stringify({ kind: 'ImageSet', metadata: { name }, spec }));
  const settings = {
    name,
    spec: file,
    directory,
    layers,
    credentials,
    ...(apptainer === undefined ? {} : { apptainer }),
  };
  return new PublisherProcess({
    ...options,
    name,
    command: [...program, ...Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value])],
    owner: state.publishers,
    logFile: join(state.logs, `publisher-${name}.log`),
  });
}

/** A publisher looks for credentials in one directory; a user has them in several, and may log in later. */
async function linkCredentials(logins: readonly string[], { publishers }: StateDirectory): Promise<string> {
  const folder = join(publishers, 'credentials');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  for (const [number, file] of logins.entries()) await symlink(dirname(file), join(folder, String(number)));
  return folder;
}
