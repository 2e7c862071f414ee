import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import { removeTree } from '../../runtime/remove-tree.ts';
import { closeGate, placeWaitStatus } from '../../runtime/wait-status.ts';

/** The job's directory, as the payload sees it. */
export const scratch = '/srv';

/**
 * What the pilot puts into the job's directory, under HTCondor's names where it has some. None of it is output of the
 * job. `temporary` and `features` are folders.
 */
export const scratchFiles = {
  jobAd: '.job.ad',
  machineAd: '.machine.ad',
  temporary: '.tmp',
  features: '.jobfeatures',
  services: '.services.json',
} as const;

const pilotsOwn: ReadonlySet<string> = new Set(Object.values(scratchFiles));

/** @param path relative to the job's directory; what lies in a folder of the pilot is the pilot's too */
export const isPilotsOwn = (path: string): boolean => pilotsOwn.has(path.split('/', 1)[0] ?? path);

/**
 * What one execution has on disk, below the pilot's directory:
 *
 *     claims/GENERATION-ID/job/       /srv of the container
 *     claims/GENERATION-ID/work/tmp/  its /tmp
 *     claims/GENERATION-ID/stdout, stderr, environment
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

export function claimDirectory(pilotDirectory: string, claim: ClaimRef): ClaimDirectory {
  const root = join(pilotDirectory, 'claims', directoryName(claim));
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

/**
 * A pool that was restored from a backup gives out the same ids again, under another generation. The pool chooses both;
 * whatever they contain, the directory must stay below the pilot's.
 */
function directoryName(claim: ClaimRef): string {
  const { generation, id, epoch } = claim;
  const isPlain =
    /^[A-Za-z0-9_]+$/.test(generation.replaceAll('-', '_')) && /^[A-Za-z0-9_][A-Za-z0-9._]*$/.test(id);
  if (isPlain && id.endsWith(`.${epoch}`)) return `${generation}-${id}`;
  return createHash('sha256').update(claimKey(claim)).digest('hex');
}

/** `/tmp` has the usual mode: programs in the image may check it. */
export async function makeClaimDirectory(directory: ClaimDirectory): Promise<void> {
  await Promise.all([
    mkdir(join(directory.job, scratchFiles.temporary), { recursive: true }),
    mkdir(join(directory.job, scratchFiles.features), { recursive: true }),
    mkdir(directory.temporary, { recursive: true }),
  ]);
  await Promise.all([placeWaitStatus(directory.temporary), closeGate(directory.temporary)]);
}

export const removeClaimDirectory = (directory: ClaimDirectory): Promise<void> => removeTree(directory.root);

/** If stdout and stderr are joined, they are one file with two names, and both append to it. */
export async function joinStreams({ stdout, stderr }: ClaimDirectory): Promise<void> {
  await writeFile(stdout, '', { flag: 'a' });
  await link(stdout, stderr);
}

/**
 * For a file that the payload could have replaced: a link in its place must not lead to a file of the pilot, and a pipe must not
 * block.
 */
const readSafely = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens what becomes the payload's stdin, stdout and stderr. What it prints is appended to what it has printed before. */
export async function openStreams(
  directory: ClaimDirectory,
  stdin: string | undefined,
): Promise<readonly [FileHandle, FileHandle, FileHandle]> {
  return await Promise.all([
    stdin === undefined ? open('/dev/null', 'r') : open(join(directory.job, stdin), readSafely),
    open(directory.stdout, 'a'),
    open(directory.stderr, 'a'),
  ]);
}
