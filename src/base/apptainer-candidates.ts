import { join } from 'node:path';

/** Where apptainer may be, the best place first: in the order, in PATH, and where `glidein` installs it for this user. */
export function apptainerCandidates(
  ordered: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const folders = (environment.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const home = environment.HOME;
  const cache = environment.XDG_CACHE_HOME ?? (home === undefined ? undefined : join(home, '.cache'));
  return [
    ...(ordered === undefined ? [] : [ordered]),
    ...folders.map((folder) => join(folder, 'apptainer')),
    ...(cache === undefined ? [] : [join(cache, 'glidein/apptainer/current/bin/apptainer')]),
  ];
}
