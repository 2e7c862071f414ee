import { join, normalize } from 'node:path';
import { ImageDirectory } from '../tree/image-directory.ts';
import { CvmfsServer } from './cvmfs-server.ts';
import { CvmfsTarget } from './cvmfs-target.ts';
import type { ImageTarget } from './image-target.ts';

export interface OpenTargetOptions {
  /** A directory on a disk of this machine, for what is being made for a repository of CernVM-FS. */
  readonly scratch: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where repositories of CernVM-FS are mounted; `/cvmfs`, except in tests. */
  readonly cvmfs?: string | undefined;
}

/**
 * Opens the directory of images in order to change it. Below `/cvmfs` it is a part of a repository, which `cvmfs_server` publishes.
 * @throws GlideinError Conflict while another process changes it; Unavailable if the transaction of a killed process cannot be given up
 */
export async function openTarget(
  directory: string,
  { scratch, environment, cvmfs = '/cvmfs' }: OpenTargetOptions,
): Promise<ImageTarget> {
  const path = normalize(directory).replace(/\/$/, '');
  if (!path.startsWith(`${cvmfs}/`)) return await ImageDirectory.open(directory);
  const [repository = '', ...parts] = path.slice(cvmfs.length + 1).split('/');
  const below = parts.join('/');
  const server = new CvmfsServer({ program: 'cvmfs_server', repository, below, environment });
  // A repository has one transaction at a time, so its targets exclude each other.
  return await CvmfsTarget.open({ path, own: join(scratch, repository), server });
}
