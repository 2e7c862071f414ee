import { isCode } from '#base/error.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobEvent } from '#wire/events.ts';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';

/** The most requests for jobs at the same time. */
const parallel = 8;

/** What is needed to ask for jobs. */
interface Source {
  readonly client: PoolClient;
  readonly signal: AbortSignal;
}

/** The job of this name; none when the pool no longer has it. */
export async function jobViews({ client, signal }: Source, name: string): Promise<readonly JobView[]> {
  try {
    return (await client.json(`/v1/jobs/${name}`, jobsAnswer, { signal })).jobs;
  } catch (error) {
    if (isCode(error, 'NotFound')) return [];
    throw error;
  }
}

/** The jobs that events are about, by name; events of whole clusters are left out. */
export async function jobViewsOf(
  source: Source,
  events: readonly JobEvent[],
): Promise<ReadonlyMap<string, JobView>> {
  const names = new Set(events.flatMap(({ job }) => (job.includes('.') ? [job] : [])));
  const views = new Map<string, JobView>();
  const left = names.values();
  const carry = async (): Promise<void> => {
    for (const name of left) for (const view of await jobViews(source, name)) views.set(name, view);
  };
  await Promise.all(Array.from({ length: parallel }, carry));
  return views;
}

/** The jobs of a cluster, in pages; none when the pool no longer has it. */
export async function* clusterPages(
  { client, signal }: Source,
  cluster: string,
): AsyncGenerator<readonly JobView[]> {
  try {
    for await (const page of jobPages(client, { path: `/v1/jobs/${cluster}`, signal })) yield page.jobs;
  } catch (error) {
    if (!isCode(error, 'NotFound')) throw error;
  }
}
