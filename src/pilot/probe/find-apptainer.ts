import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Apptainer, ContainerRun, Tier } from '../runtime/apptainer.ts';
import { readKernelSettings } from './kernel-settings.ts';
import { ProbeCache, probeKey } from './probe-cache.ts';
import { placeProbeParent, probeCommand, writeProbeFile, writeProbeImage } from './probe-image.ts';
import { namespacesForbidden, type ProgramRun, tierOf } from './tier-of.ts';
import { tryContainer, versionOf } from './try-container.ts';
import { cureOf } from './user-namespaces.ts';

export interface SearchOptions {
  readonly candidates: readonly string[];
  /** Where the probe image is written. */
  readonly directory: string;
  readonly cacheDirectory: string;
  /** The network that payloads get: a container must come up with it. */
  readonly network: ContainerRun['network'];
  /** Whether to try image files, too. */
  readonly files: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Finds the first candidate that really runs a container.
 * @throws GlideinError RuntimeFailed that says what each candidate lacked
 */
export async function findApptainer(options: SearchOptions): Promise<Apptainer> {
  const { candidates, clock, logger } = options;
  const began = clock.monotonic();
  const cache = new ProbeCache(options.cacheDirectory, clock);
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const path = await realpath(candidate).catch(() => undefined);
    if (path === undefined) continue;
    const key = await probeKey(path, options);
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

/** Tries a candidate. @returns a string if it cannot run containers: why */
async function probe(
  path: string,
  { directory, network, files }: SearchOptions,
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
    await placeProbeParent(places.work);
    const run = (tier: Tier, image = places.image) =>
      tryContainer(path, tier, { ...places, image }, probeCommand[tier], network);
    const [version, first] = await Promise.all([versionOf(path), run('A')]);
    const a = tierOf(first);
    const found = a.tier === 'A' ? a : tierOf(first, await run('B'));
    if (found.tier === 'C') return found.reason;
    const file = join(root, 'image.sif');
    if (files) await writeProbeFile(file);
    return { path, version, ...found, ...(files && { files: worksOf(await run(found.tier, file)) }) };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Whether the run of an image file proves that they can be used. */
function worksOf(run: ProgramRun): NonNullable<Apptainer['files']> {
  if (/temporary sandbox/i.test(run.output))
    return {
      works: false,
      reason: 'apptainer would unpack an image file for each job, because FUSE does not work',
    };
  const found = tierOf(run);
  return found.tier === 'C' ? { works: false, reason: found.reason } : { works: true };
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
