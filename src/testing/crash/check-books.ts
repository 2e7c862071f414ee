import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import type { Diary } from './diary.ts';
import { byName, clusterOf, type PoolState, status, statusOf } from './pool-state.ts';

/** Every job is in one list, once; what was shown stays true; files and events that were there are still there. */
export function* bookFaults(diary: Diary, state: PoolState): Iterable<string> {
  yield* diary.surprises;
  yield* listFaults(state);
  const jobs = byName(state);
  for (const [name, was] of diary.shownEnded) {
    const is = jobs.get(name);
    if (is === undefined || statusOf(is) !== was)
      yield `${name} was shown with JobStatus ${was}, and has ${is && statusOf(is)}`;
  }
  for (const digest of diary.files)
    if (!state.files.has(digest)) yield `the upload of ${digest} was acknowledged, and it cannot be read`;
  yield* eventFaults(diary, state, jobs);
}

function* listFaults({ queue, history }: PoolState): Iterable<string> {
  const seen = new Set<string>();
  for (const { id } of [...queue, ...history]) {
    if (seen.has(id)) yield `${id} is listed twice`;
    seen.add(id);
  }
  const final: readonly string[] = [status.Completed, status.Removed];
  for (const job of queue) if (final.includes(statusOf(job))) yield `${job.id} has ended and is in the queue`;
  for (const job of history)
    if (!final.includes(statusOf(job))) yield `${job.id} has not ended and is in the history`;
}

function* eventFaults(
  diary: Diary,
  { events }: PoolState,
  jobs: ReadonlyMap<string, JobView>,
): Iterable<string> {
  const texts = new Map(events.map((event) => [event.seq, JSON.stringify(event)]));
  for (const [seq, text] of diary.events)
    if (texts.get(seq) !== text) yield `event ${seq} was read as ${text}, and is ${texts.get(seq)}`;
  if (events.some(({ seq }, index) => index > 0 && seq <= (events[index - 1]?.seq ?? 0)))
    yield 'events are not in order';
  yield* missedEvents(diary, events, jobs);
  yield* countFaults(diary, events, jobs);
}

/** Whoever follows its events gets all of them. */
function* missedEvents(
  diary: Diary,
  events: readonly JobEvent[],
  jobs: ReadonlyMap<string, JobView>,
): Iterable<string> {
  const owners = new Map(
    [...jobs.values()].map(({ id, ad }) => [clusterOf(id), JSON.parse(ad.Owner ?? '""') as string]),
  );
  for (const { seq, job } of events) {
    const owner = owners.get(clusterOf(job)) ?? '';
    if (seq <= (diary.followed.get(owner) ?? 0) && !diary.events.has(seq))
      yield `${owner} was never told of event ${seq} of ${job}`;
  }
}

/** Each end of a job is told once, and so is each submission with an event log. */
function* countFaults(
  diary: Diary,
  events: readonly JobEvent[],
  jobs: ReadonlyMap<string, JobView>,
): Iterable<string> {
  const told = toldOf(events);
  const expect = (name: string, isTrue: boolean) => {
    const times = told.get(name) ?? 0;
    const expected = isTrue ? 1 : 0;
    return times === expected ? [] : [`there are ${times} events "${name}" instead of ${expected}`];
  };
  const logged = new Set<number>();
  for (const { clusters, hasLog } of diary.submissions)
    for (const cluster of clusters) {
      if (hasLog) logged.add(cluster);
      yield* expect(`${cluster} submitted`, hasLog);
    }
  for (const [name, view] of jobs) {
    yield* expect(`${name} Completed`, statusOf(view) === status.Completed);
    if (logged.has(clusterOf(name))) yield* expect(`${name} removed`, statusOf(view) === status.Removed);
  }
}

/** How often something was told of a job. */
function toldOf(events: readonly JobEvent[]): ReadonlyMap<string, number> {
  const told = new Map<string, number>();
  for (const event of events) {
    const kind = event.what.kind === 'ended' ? event.what.next : event.what.kind;
    for (const name of jobsOf(event)) told.set(`${name} ${kind}`, (told.get(`${name} ${kind}`) ?? 0) + 1);
  }
  return told;
}

/** The jobs that an event is about: one, some of a cluster, or the cluster as a whole. */
function jobsOf({ job, what }: JobEvent): readonly string[] {
  if (!('procs' in what) || !Array.isArray(what.procs)) return [job];
  return what.procs.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${job}.${first + index}`),
  );
}
