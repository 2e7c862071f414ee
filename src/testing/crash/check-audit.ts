import type { AuditRecord } from '#wire/audit.ts';
import type { JobView } from '#wire/jobs.ts';
import type { Diary } from './diary.ts';
import { byName, clusterOf, type PoolState, status, statusOf } from './pool-state.ts';

/** What was done has a record, and what has a record was done: a crash leaves neither of them alone. */
export function* auditFaults(diary: Diary, state: PoolState): Iterable<string> {
  const jobs = byName(state);
  yield* submitFaults(Map.groupBy(jobs.keys(), clusterOf), state.audit);
  yield* removalFaults(jobs, state.audit);
  yield* unrecorded(diary, state.audit);
}

function* submitFaults(
  clusters: ReadonlyMap<number, readonly string[]>,
  audit: readonly AuditRecord[],
): Iterable<string> {
  const submits = Map.groupBy(
    audit.filter(({ what }) => what === 'submit'),
    ({ jobs = [] }) => Number(jobs[0]),
  );
  for (const [cluster, names] of clusters) {
    const [record, ...more] = submits.get(cluster) ?? [];
    if (record?.count !== names.length) yield `the audit lacks the submission of cluster ${cluster}`;
    if (more.length > 0) yield `the audit has cluster ${cluster} ${more.length + 1} times`;
  }
  for (const cluster of submits.keys())
    if (!clusters.has(cluster)) yield `the audit has cluster ${cluster}, which was never submitted`;
}

function* removalFaults(jobs: ReadonlyMap<string, JobView>, audit: readonly AuditRecord[]): Iterable<string> {
  const removals = audit.filter(({ what }) => what === 'remove').flatMap(jobsOf);
  const removed = Map.groupBy(removals, (name) => name);
  for (const [name, view] of jobs) {
    const [is, told] = [statusOf(view) === status.Removed ? 1 : 0, removed.get(name)?.length ?? 0];
    if (is !== told) yield `${name} was removed ${is} times, and ${told} times by the audit`;
  }
}

/** Acknowledged actions of which the audit knows nothing. */
function* unrecorded({ actions }: Diary, audit: readonly AuditRecord[]): Iterable<string> {
  const told = new Set(audit.flatMap(({ what, ...record }) => jobsOf(record).map((job) => `${what} ${job}`)));
  const ofClusters = new Set([...told].map((text) => text.replace(/\.\d+$/, '')));
  for (const { action, target, answer } of actions) {
    if (answer === undefined || answer.changed === 0) continue;
    if (!told.has(`${action} ${target}`) && !ofClusters.has(`${action} ${target}`))
      yield `the audit lacks that somebody wanted to ${action} ${target}`;
  }
}

/** The names of the jobs of a record; whole clusters are named by none. */
function jobsOf({ jobs = [], denied }: Pick<AuditRecord, 'jobs' | 'denied'>): string[] {
  if (denied === true) return [];
  return jobs.flatMap((interval) => {
    const [first = '', last = first] = interval.split('-');
    const [cluster, from] = first.split('.').map(Number);
    const [, to = 0] = last.split('.').map(Number);
    if (from === undefined) return [];
    return Array.from({ length: to - from + 1 }, (_, index) => `${cluster}.${from + index}`);
  });
}
