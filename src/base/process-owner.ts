/**
 * The variable that says to whom a process belongs: its value is the directory of the pilot or pool that started it. Child
 * processes inherit it. (Arguments that happen to name a directory would prove nothing.)
 */
export const ownerVariable = 'GLIDEIN_OWNER';

/** That variable of an environment, for child processes that get little else. */
export function ownerOf(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const owner = environment[ownerVariable];
  return owner === undefined ? {} : { [ownerVariable]: owner };
}
