import type { Read } from './given-value.ts';

/** A path as it was written, after the directory if it is relative; links are not resolved, as in condor_submit. */
export function pathFrom(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}

/** The job's directory on the submitter's machine, as Iwd has it. */
export function workingDirectory(read: Read, directory: string): string {
  const given = read('initialdir')?.unquoted();
  return given === undefined ? directory : pathFrom(directory, given).replaceAll(/\/{2,}/g, '/');
}
