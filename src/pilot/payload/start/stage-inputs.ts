import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '#wire/checkpoint.ts';
import type { JobFile } from '#wire/file.ts';
import { inParallel } from '../../transfer/in-parallel.ts';

/** How the inputs looked before the payload began. Whatever differs at the end, the payload has changed. */
export type InputStamps = ReadonlyMap<string, string>;

/** A change of content changes at least one of these. */
export const stampOf = (found: Stats): string =>
  `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;

/** Passes the path of the file with this content to `copy`. */
export type UseFile = (
  file: Pick<JobFile, 'digest' | 'size'>,
  copy: (source: string) => Promise<void>,
) => Promise<void>;

/**
 * Brings the inputs into the (new, empty) job directory. They are copies (reflinks where the file system can make them),
 * so that a payload which writes to its input does not change the cache for the next payload.
 * @throws what `use` throws, and errors of the file system
 */
export async function stageInputs(
  inputs: readonly JobFile[],
  directory: string,
  signal: AbortSignal,
  use: UseFile,
): Promise<InputStamps> {
  const stamps = new Map<string, string>();
  await inParallel(inputs, 8, async (input) => {
    const target = join(directory, input.name);
    if (input.emptyFolder === true) {
      await mkdir(target, { recursive: true });
      return;
    }
    if (input.name.includes('/')) await mkdir(dirname(target), { recursive: true });
    await use(input, async (source) => {
      signal.throwIfAborted();
      await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    });
    await chmod(target, input.mode ?? (input.executable ? 0o755 : 0o644));
    stamps.set(input.name, stampOf(await stat(target)));
  });
  return stamps;
}

/** Brings back what an earlier execution had printed when it saved its work: this one goes on from there. */
export async function stageStreams(
  checkpoint: Checkpoint | undefined,
  directory: { readonly stdout: string; readonly stderr: string },
  use: UseFile,
): Promise<void> {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = checkpoint?.[name];
    if (stream === undefined) continue;
    await use(stream, (source) => copyFile(source, directory[name]));
    // The files of the cache are for reading.
    await chmod(directory[name], 0o644);
  }
}
