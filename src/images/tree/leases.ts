import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { systemCode } from '#base/system-error.ts';
import { type ImageLease, imageLease } from '#spec/image-set-status.ts';
import { writeDurably } from './durable.ts';

/** Where a publisher keeps its own files, unless it is told otherwise: in the directory of images. */
export const stateIn = (directory: string): string => join(directory, '.publisher');

/** Where those who know what payloads run in say so: one file for each, `HOLDER.json`. */
export const leasesIn = (state: string): string => join(state, 'leases');

/** The most holders: each is one program that knows of many payloads. */
const mostHolders = 1000;

const holderName = /^[a-z0-9][a-z0-9.-]{0,252}$/;

/** What is in use. */
export interface LeasedImages {
  readonly digests: ReadonlySet<string>;
  /** Leases that cannot be read: as long as there are some, anything may be in use. */
  readonly unreadable: readonly string[];
}

/**
 * Says which images a holder uses from now on, instead of those that it named before.
 * @throws GlideinError InvalidArgument for a bad name, TooLarge if there are too many holders
 */
export async function putLease(state: string, holder: string, lease: ImageLease): Promise<void> {
  const folder = leasesIn(state);
  const file = fileOf(folder, holder);
  await makeFolders(folder);
  const holders = await readdir(folder);
  if (holders.length >= mostHolders && !holders.includes(`${holder}.json`))
    throw new GlideinError('TooLarge', `there are leases of ${mostHolders} holders already`);
  await writeDurably(file, `${JSON.stringify(lease)}\n`);
}

/** A holder uses nothing any more. @throws GlideinError InvalidArgument for a bad name */
export async function dropLease(state: string, holder: string): Promise<void> {
  await rm(fileOf(leasesIn(state), holder), { force: true });
}

/**
 * The images that somebody uses. Leases that are over, with their grace, are removed.
 * @param now milliseconds since the epoch
 * @param grace milliseconds for which a lease still counts after its end: whoever renews it may be away
 */
export async function leasedImages(state: string, now: number, grace: number): Promise<LeasedImages> {
  const folder = leasesIn(state);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const digests = new Set<string>();
  const unreadable: string[] = [];
  for (const name of names.filter((each) => each.endsWith('.json') && !each.startsWith('.'))) {
    const path = join(folder, name);
    const lease = await readLease(path);
    if (lease === undefined) unreadable.push(name);
    else if (Date.parse(lease.until) + grace < now) await rm(path, { force: true });
    else for (const digest of lease.digests) digests.add(digest);
  }
  return { digests, unreadable };
}

async function readLease(path: string): Promise<ImageLease | undefined> {
  try {
    return imageLease.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function fileOf(folder: string, holder: string): string {
  if (!holderName.test(holder))
    throw new GlideinError('InvalidArgument', 'the name of a holder of leases is not valid', {
      cure: 'write lower-case letters, digits, "." and "-"',
    });
  return join(folder, `${holder}.json`);
}
