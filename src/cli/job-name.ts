import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { jobId } from '#wire/jobs.ts';

/**
 * A job or cluster as the user wrote it, safe to put into a path of the pool's API.
 * @throws GlideinError InvalidArgument
 */
export function jobName(text: string): string {
  if (jobId.safeParse(text).success) return text;
  throw new GlideinError('InvalidArgument', `"${truncate(text, 64)}" is not a job`, {
    cure: 'write a job such as 12.3, or a cluster such as 12',
  });
}

/**
 * The jobs and clusters of a command line, without duplicates: a script that lists ClusterId names a cluster once for each of its jobs.
 * @throws GlideinError InvalidArgument
 */
export function jobNames(texts: readonly string[]): readonly string[] {
  const names = new Set(texts.map(jobName));
  return [...names].filter((name) => !name.includes('.') || !names.has(name.split('.')[0] ?? ''));
}
