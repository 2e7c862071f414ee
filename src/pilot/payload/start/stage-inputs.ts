import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobFile } from '#wire/file.ts';
import { inParallel } from '../../transfer/in-parallel.ts';

/** How the inputs looked before the payload began. Whatever differs at the end, the payload has changed. */
export type InputStamps = ReadonlyMap<string, string>;

/** A change of content changes at least one of these. */
export const stampOf = (found: Stats): string =>
  `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;

/**
 * Brings the inputs into the (new, empty) job directory. They are copies (reflinks where the file system can make them),
 * so that a payload which writes to its input does not change the cache for the next payload.
 * @param use passes on the path of the file with an input's content
 * @throws what `use` throws, and errors of the file system
 */
export async function stageInputs(
  inputs: readonly JobFile[],
  directory: string,
  signal: AbortSignal,
  use: (input: JobFile, copy: (source: string) => Promise<void>) => Promise<void>,
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
