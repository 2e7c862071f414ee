import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface CommandOfAccount {
  /** User and group. */
  readonly account: number;
  readonly command: readonly string[];
  /** Files and folders that the command reads, wherever they are. One that does not exist, such as a cache before its first use, is left out. */
  readonly reads: readonly string[];
  /** An empty directory of the test's own. */
  readonly stash: string;
}

/**
 * What root runs so that a command runs as an ordinary user, with the same process id. A checkout or a cache below a folder that other users
 * may not enter, as root's home often is, lies in the command's mount namespace below an empty folder that everybody may enter.
 */
export async function asAccount({
  account,
  command,
  reads: named,
  stash,
}: CommandOfAccount): Promise<string[]> {
  const reads = named.filter((path) => existsSync(path));
  const tops = await Promise.all(reads.map(closedAbove));
  const hidden = reads.filter((_, index) => tops[index] !== undefined);
  const lines = [
    ...hidden.flatMap((path, index) => {
      const aside = word(join(stash, `${index}`));
      return [`mkdir ${aside}`, `mount --rbind ${word(path)} ${aside}`];
    }),
    ...[...new Set(tops)].flatMap((top) =>
      top === undefined ? [] : [`mount -t tmpfs -o mode=755 tmpfs ${word(top)}`],
    ),
    ...hidden.flatMap((path, index) => [
      `mkdir -p ${word(path)}`,
      `mount --rbind ${word(join(stash, `${index}`))} ${word(path)}`,
    ]),
    `exec setpriv --reuid ${account} --regid ${account} --clear-groups -- "$@"`,
  ];
  return ['unshare', '--mount', '--', 'sh', '-euc', lines.join('\n'), 'sh', ...command];
}

/** The topmost folder above a path that only its owner may enter. */
async function closedAbove(path: string): Promise<string | undefined> {
  if (path === '/') return undefined;
  const folder = dirname(path);
  const { mode } = await stat(folder);
  return (await closedAbove(folder)) ?? ((mode & 0o005) === 0o005 ? undefined : folder);
}

const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
