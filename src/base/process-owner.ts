/**
 * The variable that says whose a process is: the directory of the pilot or pool that started it, inherited by what it
 * starts. Arguments that happen to name a directory prove nothing.
 */
export const ownerVariable = 'GLIDEIN_OWNER';

/** The part of an environment that says so, for children that get little else. */
export function ownerOf(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const owner = environment[ownerVariable];
  return owner === undefined ? {} : { [ownerVariable]: owner };
}
