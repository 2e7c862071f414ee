import { join } from 'node:path';
import type { Command } from 'commander';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { print, type Terminal } from '#cli/terminal.ts';
import { defaultState } from '#cli/user-directories.ts';
import { clientTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { tokenTable } from '#config/token-table.ts';
import { mintToken, readKey } from '#pool/auth/tokens.ts';

/** `glidein token`: makes a token with the pool's own key, for whoever can read that key. */
export function tokenCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('token'), tokenTable)
    .summary('make a token with the key of a pool')
    .description(
      'Makes a token with the key of a pool, and prints it. Whoever can read the key has full control of the pool.',
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const settings = resolveSettings(tokenTable, flags, terminal.environment);
      const { state } = resolveSettings(clientTable, flags, terminal.environment);
      const directory = settings.poolDirectory ?? join(state ?? defaultState(terminal), 'pool');
      const key = await readKey(join(directory, 'pool.key'));
      if (key === undefined) {
        throw new GlideinError('NotFound', `there is no pool key in ${directory}`, {
          cure: 'name the directory of a pool with --pool-directory',
        });
      }
      const { role, subject = terminal.user, life } = settings;
      print(terminal, await mintToken(key, { subject, role }, life));
    });
}
