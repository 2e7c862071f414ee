import { GlideinError } from '#base/error.ts';

/**
 * One value as apptainer's `--env-file` reads it. The file is a shell script for mvdan/sh; with `--no-eval` a
 * backslash outside of quotes survives, so a single quote is written between double quotes, never as `\'`. A carriage
 * return needs `$'\r'`, because CR LF would become LF.
 */
const quoted = (value: string) => `'${value.replaceAll("'", `'"'"'`).replaceAll('\r', `'$'\\r''`)}'`;

/**
 * The file that `--env-file` takes.
 * @throws GlideinError InvalidArgument for a name that no shell accepts, or a value with a NUL.
 */
export function environmentFile(environment: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of environment) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new GlideinError(
        'InvalidArgument',
        `"${name.slice(0, 64)}" cannot name an environment variable`,
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
