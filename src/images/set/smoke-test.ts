import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { containment } from '#base/apptainer-containment.ts';
import { formatDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import { isProcMasked } from './masked-proc.ts';
import { runBounded } from './run-bounded.ts';

export interface SmokeTest {
  readonly command: readonly string[];
  /** Milliseconds. */
  readonly timeLimit: number;
}

export interface SmokeTestOptions {
  /** The path of apptainer. */
  readonly apptainer: string;
  /** Where a directory for the trial is made. */
  readonly directory: string;
  /** Only PATH is passed on. */
  readonly searchPath: string | undefined;
  /** The mounts of this process, as the kernel tells them. */
  readonly mountInfo: () => Promise<string>;
}

/**
 * Runs a command in an expanded image as payloads are run, before anybody sees it.
 * @throws GlideinError RuntimeFailed with the last words of the command; Timeout
 */
export async function smokeTest(
  tree: string,
  { command, timeLimit }: SmokeTest,
  { apptainer, directory, searchPath = '/usr/bin:/bin', mountInfo }: SmokeTestOptions,
  signal: AbortSignal,
): Promise<void> {
  const isMasked = isProcMasked(await mountInfo());
  const work = await mkdtemp(join(directory, 'trial-'));
  try {
    const { code, isLate, words } = await runBounded(
      [
        apptainer,
        '--silent',
        'exec',
        '--userns',
        ...containment[isMasked ? 'B' : 'A'],
        '--cleanenv',
        '--no-eval',
        '--no-home',
        '--workdir',
        work,
        '--cwd',
        '/',
        tree,
        ...command,
      ],
      { timeLimit, environment: { PATH: searchPath }, signal },
    );
    if (isLate)
      throw new GlideinError('Timeout', `its trial has not ended within ${formatDuration(timeLimit)}`);
    if (code !== 0)
      throw new GlideinError(
        'RuntimeFailed',
        `its trial ended with ${code === undefined ? 'a signal' : `exit code ${code}`}${words === '' ? '' : `: ${words}`}`,
      );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
