import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';

/**
 * One value as apptainer's `--env-file` reads it.
 *
 * **Gotchas.** The file is a shell script for mvdan/sh. With `--no-eval`, a backslash outside quotes survives, so a single
 * quote must be written between double quotes, never as `\'`. Whatever is written here, apptainer (1.4) turns CR LF into
 * LF.
 */
const quoted = (value: string) => `'${value.replaceAll("'", () => `'"'"'`)}'`;

/** Read-only variables of mvdan/sh: it would complain on the payload's stderr, and leave them out anyway. */
const readOnly = new Set(['UID', 'EUID', 'GID']);

/** Whether a payload does not get this variable, whatever its job says. */
export const isLeftOut = (name: string): boolean => readOnly.has(name);

/**
 * The file that `--env-file` takes.
 * @throws GlideinError InvalidArgument for a name that no shell accepts, or a value with a NUL.
 */
export function environmentFile(environment: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of environment) {
    if (isLeftOut(name)) continue;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new GlideinError(
        'InvalidArgument',
        `"${truncate(name, 64)}" cannot name an environment variable`,
        {
          cure: 'use letters, digits and "_", and do not begin with a digit',
        },
      );
    }
    if (value.includes('\0')) {
      throw new GlideinError('InvalidArgument', `the environment variable ${name} contains a NUL character`);
    }
    text += `${name}=${quoted(value)}\n`;
  }
  return text;
}
