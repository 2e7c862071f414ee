import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { missingRuntime, testRuntime } from './pilot-process.ts';

const run = promisify(execFile);

/** What is missing for tests with real image files; undefined when nothing is. */
export async function missingFuse(): Promise<string | undefined> {
  const missing = await missingRuntime();
  if (missing !== undefined) return missing;
  const squashfuse = join(dirname(await realpath(testRuntime.apptainer)), 'squashfuse_ll');
  const needed = [
    ['/dev/fuse', constants.R_OK | constants.W_OK],
    [squashfuse, constants.X_OK],
  ] as const;
  for (const [path, mode] of needed) {
    const there = await access(path, mode).then(
      () => true,
      () => false,
    );
    if (!there) return `${path} is missing`;
  }
  return undefined;
}

/** Makes an image file (SIF) of an expanded image, as users do. */
export async function makeImageFile(path: string, directory: string): Promise<void> {
  const env = {
    PATH: `${dirname(await realpath(testRuntime.apptainer))}:/usr/bin:/bin`,
    HOME: dirname(path),
  };
  await run(testRuntime.apptainer, ['--silent', 'build', path, directory], { env });
}
