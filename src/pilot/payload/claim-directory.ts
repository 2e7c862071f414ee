import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { placeWaitStatus } from '../runtime/wait-status.ts';
import { removeTree } from './remove-tree.ts';

/**
 * What one execution has on disk, below the pilot's directory:
 *
 *     claims/ID/job/       /srv of the container
 *     claims/ID/work/tmp/  its /tmp
 *     claims/ID/stdout, stderr, environment
 */
export interface ClaimDirectory {
  readonly root: string;
  readonly job: string;
  readonly work: string;
  readonly temporary: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly environment: string;
}

export function claimDirectory(pilotDirectory: string, claimId: string): ClaimDirectory {
  const root = join(pilotDirectory, 'claims', directoryName(claimId));
  const work = join(root, 'work');
  return {
    root,
    job: join(root, 'job'),
    work,
    temporary: join(work, 'tmp'),
    stdout: join(root, 'stdout'),
    stderr: join(root, 'stderr'),
    environment: join(root, 'environment'),
  };
}

/** The pool chooses claim ids; whatever they contain, the directory stays where it belongs. */
function directoryName(claimId: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(claimId)) return claimId;
  return createHash('sha256').update(claimId).digest('hex');
}

/** `/tmp` has the usual mode: programs in the image may check it. */
export async function makeClaimDirectory(directory: ClaimDirectory): Promise<void> {
  await Promise.all([
    mkdir(directory.job, { recursive: true }),
    mkdir(directory.temporary, { recursive: true }),
  ]);
  await placeWaitStatus(directory.temporary);
}

export const removeClaimDirectory = (directory: ClaimDirectory): Promise<void> => removeTree(directory.root);

/** Opens what becomes the payload's stdin, stdout and stderr. */
export async function openStreams(
  directory: ClaimDirectory,
  stdin: string | undefined,
): Promise<readonly [FileHandle, FileHandle, FileHandle]> {
  return await Promise.all([
    open(stdin === undefined ? '/dev/null' : join(directory.job, stdin), 'r'),
    open(directory.stdout, 'w'),
    open(directory.stderr, 'w'),
  ]);
}
