import type { JobView } from '#wire/jobs.ts';

/** What the owner of a job must know about its files, one sentence each: what was truncated, and what did not come back. */
export function remarks(job: JobView): string[] {
  return [
    ...cut(job, 'stdout', 'standard output'),
    ...cut(job, 'stderr', 'standard error'),
    ...(job.left ?? []).map(({ name, reason }) => `${job.id}: ${name} did not come back: ${reason}`),
  ];
}

function cut(job: JobView, stream: 'stdout' | 'stderr', what: string): string[] {
  const { size, printed } = job[stream] ?? {};
  if (printed === undefined) return [];
  return [
    `${job.id}: ${what} was truncated: ${printed} bytes were printed and ${size} came back, the beginning and the end`,
  ];
}
