import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A command that the kernel kills in the instant in which this process dies. Closing its standard input tells it as
 * well, but then it gives payloads their grace, and for whom: the pool that they belong to dies too.
 * @param path the directories to search, as PATH lists them
 * @returns the command as it is on a machine without setpriv (util-linux)
 */
export async function diesWithParent(
  command: readonly string[],
  path: string | undefined,
): Promise<readonly string[]> {
  for (const directory of (path ?? '').split(':').filter((part) => part.startsWith('/'))) {
    const setpriv = join(directory, 'setpriv');
    try {
      await access(setpriv, constants.X_OK);
      return [setpriv, '--pdeathsig', 'KILL', '--', ...command];
    } catch {
      // Not here.
    }
  }
  return command;
}
