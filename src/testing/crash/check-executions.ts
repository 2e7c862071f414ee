import type { Attempt, JobView } from '#wire/jobs.ts';
import type { Diary, Execution } from './diary.ts';
import { byName, type PoolState, status, statusOf } from './pool-state.ts';

/** No two payloads of a job live at once, each was durable before its start, and each recorded result is kept. */
export function* executionFaults(diary: Diary, state: PoolState): Iterable<string> {
  const executions = Map.groupBy(diary.executions, ({ job }) => job);
  const jobs = byName(state);
  for (const [name, its] of executions) {
    yield* overlaps(name, its);
    const view = jobs.get(name);
    if (view === undefined) yield `${name} was started and is not there`;
    else for (const execution of its) yield* attemptFaults(view, execution);
  }
  for (const view of jobs.values()) yield* completionFaults(view, executions.get(view.id) ?? [], state);
}

function* overlaps(job: string, executions: readonly Execution[]): Iterable<string> {
  const inOrder = executions.toSorted((a, b) => a.from - b.from);
  let last: Execution | undefined;
  for (const next of inOrder) {
    const until = last === undefined ? 0 : (last.until ?? Number.POSITIVE_INFINITY);
    if (next.from < until)
      yield `${job}: ${next.claim.id} on ${next.pilot} began while ${last?.claim.id} on ${last?.pilot} lived`;
    if (last === undefined || (next.until ?? Number.POSITIVE_INFINITY) > until) last = next;
  }
}

function* attemptFaults(
  { id, attempts }: JobView,
  { claim, pilot, result, recorded }: Execution,
): Iterable<string> {
  const attempt = attempts.find(({ epoch }) => epoch === claim.epoch);
  if (attempt?.pilotUid !== pilot) {
    yield `${id}: ${claim.id} was started on ${pilot}, and the pool knows ${attempt?.pilotUid ?? 'no such attempt'}`;
  } else if (recorded && !isSame(attempt, result)) {
    const kept = JSON.stringify(attempt.outcome);
    yield `${id}: the end of ${claim.id} was recorded as ${JSON.stringify(result?.outcome)}, and is ${kept}`;
  }
}

const isSame = ({ outcome }: Attempt, result: Execution['result']): boolean =>
  outcome !== undefined && outcome.kind === result?.outcome.kind;

/** An attempt with which its job completed: it ended by itself, and nothing is said against it. */
const counts = ({ outcome, reason }: Attempt): boolean => outcome?.kind === 'exited' && reason === undefined;

function* completionFaults(
  view: JobView,
  executions: readonly Execution[],
  state: PoolState,
): Iterable<string> {
  yield* bookkeepingFaults(view, executions);
  const counted = view.attempts.filter(counts);
  const expected = statusOf(view) === status.Completed ? 1 : 0;
  if (counted.length !== expected)
    yield `${view.id}: its JobStatus is ${statusOf(view)}, and ${counted.length} attempts completed it`;
  const [last] = counted;
  if (last === undefined) return;
  if (last !== view.attempts.at(-1)) yield `${view.id} was given to a pilot after its end`;
  const payload = executions.findLast(({ claim }) => claim.epoch === last.epoch);
  yield* resultFaults(view, payload?.result, state);
}

/** The attempts add up. */
function* bookkeepingFaults(
  { id, ad, attempts }: JobView,
  executions: readonly Execution[],
): Iterable<string> {
  if (attempts.some(({ epoch }, index) => epoch !== index + 1))
    yield `${id}: its attempts do not count 1, 2, 3`;
  const open = attempts.find(({ endedAt }) => endedAt === undefined);
  if (open !== undefined) yield `${id}: attempt ${open.epoch} has no end`;
  const starts = attempts.filter(({ startedAt }) => startedAt !== undefined);
  if (ad.NumJobStarts !== String(starts.length))
    yield `${id}: NumJobStarts is ${ad.NumJobStarts} with ${starts.length} starts`;
  for (const { epoch } of starts)
    if (!executions.some(({ claim }) => claim.epoch === epoch))
      yield `${id}: attempt ${epoch} was never started by a pilot`;
}

/** The job has the outputs of the very payload that completed it, and their contents are there. */
function* resultFaults(
  { id, ad, outputs }: JobView,
  result: Execution['result'],
  { files }: PoolState,
): Iterable<string> {
  if (result?.outcome.kind !== 'exited' || ad.ExitCode !== String(result.outcome.exitCode))
    yield `${id} is completed with code ${ad.ExitCode}, and its payload said ${JSON.stringify(result?.outcome)}`;
  if (namesOf(outputs) !== namesOf(result?.outputs ?? [])) yield `${id} has the outputs of another execution`;
  for (const { digest } of outputs)
    if (!files.has(digest)) yield `${id}: its output ${digest} cannot be read`;
}

const namesOf = (files: readonly { readonly name: string; readonly digest: string }[]): string =>
  files.map(({ name, digest }) => `${name} ${digest}`).join();
