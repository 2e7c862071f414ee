import type { Read } from './given-value.ts';

/** A path as it was written, with the directory before it: what is a link is the pool's to know, not ours. */
export function pathFrom(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}

/** The job's directory on the submitter's machine, as Iwd has it. */
export function workingDirectory(read: Read, directory: string): string {
  const given = read('initialdir')?.unquoted();
  return given === undefined ? directory : pathFrom(directory, given).replaceAll(/\/{2,}/g, '/');
}
