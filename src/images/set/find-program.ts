import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/** The first program of a name in the directories of PATH; undefined if there is none. */
export async function findProgram(name: string, searchPath = ''): Promise<string | undefined> {
  for (const directory of searchPath.split(':').filter((each) => each.startsWith('/'))) {
    const path = join(directory, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
