import type { JobView } from '#wire/jobs.ts';
import type { Diary, Submission } from './diary.ts';
import { byName, clusterOf, keyAttribute, type PoolState } from './pool-state.ts';

/** Every acknowledged submission is there, whole and once; any other is there whole and once, or not at all. */
export function* submissionFaults(diary: Diary, state: PoolState): Iterable<string> {
  const clusters = clustersByKey(state);
  const owners = new Map<number, string>();
  for (const submission of diary.submissions) {
    const found = [...(clusters.get(submission.key) ?? new Map<number, JobView[]>())];
    clusters.delete(submission.key);
    yield* answerFaults(submission, new Set(found.map(([cluster]) => cluster)));
    for (const [cluster, jobs] of found) yield* clusterFaults(submission, cluster, jobs);
    yield* repeatFaults(submission, found[0]?.[0], state);
    for (const cluster of submission.clusters) {
      const other = owners.get(cluster);
      if (other !== undefined) yield `cluster ${cluster} was given to ${other} and to ${submission.key}`;
      owners.set(cluster, submission.key);
    }
  }
  for (const [key, found] of clusters)
    yield `cluster ${[...found.keys()].join()} (${key}) was never submitted`;
}

/** By key and cluster number, the jobs. */
function clustersByKey(state: PoolState): Map<string, Map<number, JobView[]>> {
  const found = new Map<string, Map<number, JobView[]>>();
  for (const job of byName(state).values()) {
    const key = JSON.parse(job.ad[keyAttribute] ?? '""') as string;
    const clusters = found.get(key) ?? new Map<number, JobView[]>();
    found.set(key, clusters);
    const cluster = clusterOf(job.id);
    const jobs = clusters.get(cluster);
    if (jobs === undefined) clusters.set(cluster, [job]);
    else jobs.push(job);
  }
  return found;
}

function* answerFaults(
  { key, clusters, unanswered, refused }: Submission,
  found: ReadonlySet<number>,
): Iterable<string> {
  if (clusters.size > 1) yield `${key} was acknowledged as the clusters ${[...clusters].join()}`;
  for (const cluster of clusters)
    if (!found.has(cluster)) yield `cluster ${cluster} (${key}) was acknowledged and is lost`;
  if (found.size > 1) yield `${key} is there as the clusters ${[...found].join()}`;
  if (clusters.size === 0 && unanswered === 0 && refused > 0 && found.size > 0)
    yield `${key} was refused and is there as cluster ${[...found].join()}`;
}

function* clusterFaults(
  { procs, owner }: Submission,
  cluster: number,
  jobs: readonly JobView[],
): Iterable<string> {
  const there = new Map(jobs.map((job) => [job.id, job]));
  const missing = procs.flatMap((_, proc) => (there.has(`${cluster}.${proc}`) ? [] : [proc]));
  if (missing.length > 0)
    yield `cluster ${cluster} lacks ${missing.length} of its ${procs.length} procs: ${missing.slice(0, 5).join()}`;
  if (there.size + missing.length > procs.length)
    yield `cluster ${cluster} has procs that were never submitted`;
  for (const [proc, text] of procs.entries()) {
    const ad = there.get(`${cluster}.${proc}`)?.ad;
    if (ad === undefined) continue;
    if (ad.Arguments !== text)
      yield `${cluster}.${proc} has the arguments ${ad.Arguments} instead of ${text}`;
    if (ad.Owner !== JSON.stringify(owner))
      yield `${cluster}.${proc} belongs to ${ad.Owner} instead of ${owner}`;
  }
}

function* repeatFaults(
  { key }: Submission,
  cluster: number | undefined,
  { repeated }: PoolState,
): Iterable<string> {
  const again = repeated.get(key);
  if (again !== undefined && again !== cluster)
    yield `${key} is cluster ${cluster}, and repeated it is cluster ${again}`;
}
