import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes the kernel kill a command the instant this process dies. Closing the command's standard input would end it as
 * well, but only after the grace of its payloads, and in vain: the pool that they belong to dies too.
 * @param path the directories to search, as PATH lists them
 * @returns the unchanged command on a machine without setpriv (util-linux)
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
