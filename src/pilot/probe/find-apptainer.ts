import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Apptainer, ContainerRun } from '../runtime/apptainer.ts';
import { readKernelSettings } from './kernel-settings.ts';
import { ProbeCache, probeKey } from './probe-cache.ts';
import { probeCommand, writeProbeImage } from './probe-image.ts';
import { namespacesForbidden, tierOf } from './tier-of.ts';
import { tryContainer, versionOf } from './try-container.ts';
import { cureOf } from './user-namespaces.ts';

export interface SearchOptions {
  readonly candidates: readonly string[];
  /** Where the probe image is written. */
  readonly directory: string;
  readonly cacheDirectory: string;
  /** The network that payloads get: a container must come up with it. */
  readonly network: ContainerRun['network'];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Finds the first candidate that really runs a container.
 * @throws GlideinError RuntimeFailed that says what each candidate lacked
 */
export async function findApptainer(options: SearchOptions): Promise<Apptainer> {
  const { candidates, network, clock, logger } = options;
  const began = clock.monotonic();
  const cache = new ProbeCache(options.cacheDirectory, clock);
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const path = await realpath(candidate).catch(() => undefined);
    if (path === undefined) continue;
    const key = await probeKey(path, network);
    const known = await cache.find(key);
    const found = known ?? (await probe(path, options));
    if (typeof found === 'string') {
      reasons.push(`${candidate}: ${found}`);
      continue;
    }
    if (known === undefined) await cache.store(key, found);
    const ms = Math.round(clock.monotonic() - began);
    logger.info({ ...found, remembered: known !== undefined, ms }, 'container runtime found');
    return found;
  }
  throw notFound(candidates, reasons, cureOf(await readKernelSettings()));
}

/** Where apptainer may be, the best place first: in the order, in PATH, and where `glidein` installs it for this user. */
export function apptainerCandidates(
  ordered: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const folders = (environment.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const home = environment.HOME;
  const cache = environment.XDG_CACHE_HOME ?? (home === undefined ? undefined : join(home, '.cache'));
  return [
    ...(ordered === undefined ? [] : [ordered]),
    ...folders.map((folder) => join(folder, 'apptainer')),
    ...(cache === undefined ? [] : [join(cache, 'glidein/apptainer/current/bin/apptainer')]),
  ];
}

/** Tries a candidate. @returns a string if it cannot run containers: why */
async function probe(
  path: string,
  { directory, network }: Pick<SearchOptions, 'directory' | 'network'>,
): Promise<Apptainer | string> {
  const root = await mkdtemp(join(directory, 'probe-'));
  try {
    const places = {
      image: join(root, 'image'),
      job: join(root, 'job'),
      work: join(root, 'work'),
      environmentFile: join(root, 'environment'),
    };
    await Promise.all([
      writeProbeImage(places.image),
      mkdir(places.job),
      mkdir(places.work),
      writeFile(places.environmentFile, ''),
    ]);
    const [version, first] = await Promise.all([
      versionOf(path),
      tryContainer(path, 'A', places, probeCommand, network),
    ]);
    const a = tierOf(first);
    if (a.tier === 'A') return { path, version, ...a };
    const found = tierOf(first, await tryContainer(path, 'B', places, probeCommand, network));
    return found.tier === 'C' ? found.reason : { path, version, tier: found.tier };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function notFound(
  candidates: readonly string[],
  reasons: readonly string[],
  namespaceCure: string,
): GlideinError {
  if (reasons.length === 0) {
    const folders = [...new Set(candidates.map(dirname))];
    return new GlideinError('RuntimeFailed', 'there is no apptainer in PATH, nor where glidein installs it', {
      cure: `install it, or put it (or a link to it) into one of these directories: ${folders.toReversed().join(', ')}`,
    });
  }
  const isNamespaces = reasons.some((reason) => reason.includes(namespacesForbidden));
  return new GlideinError(
    'RuntimeFailed',
    `no apptainer can run a container here: ${reasons.join('; ')}`,
    isNamespaces ? { cure: namespaceCure } : {},
  );
}
