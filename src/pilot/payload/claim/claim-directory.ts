import { createHash } from 'node:crypto';
import { closeSync, constants, linkSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
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

/**
 * `/tmp` has the usual mode: programs in the image may check it.
 *
 * **Gotchas.** The pilot's own files are small, few, and on its own disk. Each that is made in a thread costs five times what it
 * costs here.
 */
export function makeClaimDirectory(directory: ClaimDirectory): void {
  mkdirSync(join(directory.job, scratchFiles.temporary), { recursive: true });
  mkdirSync(join(directory.job, scratchFiles.features));
  mkdirSync(directory.temporary, { recursive: true });
  placeWaitStatus(directory.temporary);
  closeGate(directory.temporary);
}

/** If stdout and stderr are joined, they are one file with two names, and both append to it. */
export function joinStreams({ stdout, stderr }: ClaimDirectory): void {
  writeFileSync(stdout, '', { flag: 'a' });
  linkSync(stdout, stderr);
}

/**
 * For a file that the payload could have replaced: a link in its place must not lead to a file of the pilot, and a pipe must not
 * block.
 */
const readSafely = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Makes the files for what the payload prints, unless it has printed something before.
 * @throws the error of the file system, if one of these or its stdin cannot be opened
 */
export function makeStreams(directory: ClaimDirectory, stdin: string | undefined): void {
  for (const file of openStreams(directory, stdin)) closeSync(file);
}

/** Opens what becomes the payload's stdin, stdout and stderr. What it prints is appended to what it has printed before. */
export function openStreams(directory: ClaimDirectory, stdin: string | undefined): [number, number, number] {
  const opened: number[] = [];
  const opener = (path: string, flags: string | number) => {
    const file = openSync(path, flags);
    opened.push(file);
    return file;
  };
  try {
    const { input, stdout, stderr } = { ...directory, input: stdinOf(directory, stdin) };
    return [opener(input, readSafely), opener(stdout, 'a'), opener(stderr, 'a')];
  } catch (error) {
    for (const file of opened) closeSync(file);
    throw error;
  }
}

/** The file that becomes its stdin. @param stdin in the job's directory; undefined: it has none */
export const stdinOf = ({ job }: ClaimDirectory, stdin: string | undefined): string =>
  stdin === undefined ? '/dev/null' : join(job, stdin);
