import { createHash } from 'node:crypto';
import { newestPlace, recordsUpTo } from '#client/audit-pages.ts';
import { nextEvents } from '#client/event-pages.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import { keyAttribute, type PoolState } from './pool-state.ts';
import type { Submitter } from './submitter.ts';

/** Reads everything that a quiet pool shows. @param files digests to read */
export async function readState(
  client: PoolClient,
  submitters: readonly Submitter[],
  files: Iterable<string>,
): Promise<PoolState> {
  const signal = AbortSignal.timeout(120_000);
  const queue = await listed(client, '/v1/jobs', signal);
  const history = await listed(client, '/v1/history', signal);
  const events = await allEvents(client, signal);
  const audit = await recordsUpTo(client, {}, await newestPlace(client, signal), { signal });
  const known = new Set(
    queue.concat(history).map(({ ad }) => JSON.parse(ad[keyAttribute] ?? '""') as string),
  );
  const repeated = new Map<string, number>();
  for (const submitter of submitters)
    for (const asked of submitter.asked)
      if (known.has(asked.submission.key)) repeated.set(asked.submission.key, await submitter.repeat(asked));
  return { queue, history, events, audit, repeated, files: await readable(client, files) };
}

async function listed(client: PoolClient, path: string, signal: AbortSignal): Promise<JobView[]> {
  const jobs: JobView[] = [];
  for await (const page of jobPages(client, { path, signal })) jobs.push(...page.jobs);
  return jobs;
}

async function allEvents(client: PoolClient, signal: AbortSignal): Promise<JobEvent[]> {
  const all: JobEvent[] = [];
  for (let after = 0; ; ) {
    const { events, through, isAll } = await nextEvents(client, { after, signal });
    all.push(...events);
    after = through;
    if (isAll) return all;
  }
}

async function readable(client: PoolClient, digests: Iterable<string>): Promise<Set<string>> {
  const found = new Set<string>();
  for (const digest of digests) {
    try {
      const { body } = await client.raw(`/v1/blobs/${digest}`);
      const hash = createHash('sha256');
      for await (const chunk of body) hash.update(chunk as Buffer);
      if (digest === `sha256:${hash.digest('hex')}`) found.add(digest);
    } catch {
      // It is not there.
    }
  }
  return found;
}
