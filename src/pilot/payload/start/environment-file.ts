import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';

/**
 * One value as apptainer's `--env-file` reads it. The file is a shell script for mvdan/sh; with `--no-eval` a
 * backslash outside of quotes survives, so a single quote is written between double quotes, never as `\'`. One thing
 * is lost whatever is written here: apptainer (1.4) makes LF of CR LF.
 */
const quoted = (value: string) => `'${value.replaceAll("'", () => `'"'"'`)}'`;

/** Variables of mvdan/sh itself: it complains on the payload's stderr and leaves them out anyway. */
const readOnly = new Set(['UID', 'EUID', 'GID']);

/**
 * The file that `--env-file` takes.
 * @throws GlideinError InvalidArgument for a name that no shell accepts, or a value with a NUL.
 */
export function environmentFile(environment: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of environment) {
    if (readOnly.has(name)) continue;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new GlideinError(
        'InvalidArgument',
        `"${truncate(name, 64)}" cannot name an environment variable`,
        {
          cure: 'write letters, digits and "_", not a digit first',
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
