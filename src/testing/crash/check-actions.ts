import type { JobView } from '#wire/jobs.ts';
import type { Action, Diary, Execution } from './diary.ts';
import { byName, clusterOf, keyAttribute, type PoolState, status, statusOf } from './pool-state.ts';

/** What was done to one job, in the order of the requests. */
interface Fate {
  readonly view: JobView;
  readonly actions: readonly Action[];
  readonly onHold: boolean;
  /** When its successful payload ended; undefined if there was none. */
  readonly doneAt: number | undefined;
}

/** Whatever a submitter was told it had held, released or removed is in that state, and nothing else is. */
export function* actionFaults(diary: Diary, state: PoolState): Iterable<string> {
  const held = diary.submissions.filter(({ onHold }) => onHold).map((each) => each.key);
  const onHold = new Set(held.map((key) => JSON.stringify(key)));
  const all = [...submittedHolds(diary), ...diary.actions];
  const actions = Map.groupBy(all, ({ target }) => target);
  const done = doneAt(diary.executions);
  for (const [name, view] of byName(state)) {
    const its = [...(actions.get(name) ?? []), ...(actions.get(String(clusterOf(name))) ?? [])];
    const fate = {
      view,
      actions: its.sort((a, b) => a.sentAt - b.sentAt),
      onHold: onHold.has(view.ad[keyAttribute] ?? ''),
      doneAt: done.get(name),
    };
    yield* causeFaults(fate);
    for (const action of fate.actions) if (covers(action, name)) yield* effectFaults(fate, action);
  }
}

/** A submission on hold is a submission and a hold. */
const submittedHolds = ({ submissions }: Diary): Action[] =>
  submissions.flatMap(({ onHold, clusters, procs }) =>
    [...(onHold ? clusters : [])].map((cluster) => ({
      action: 'hold' as const,
      target: String(cluster),
      sentAt: 0,
      answeredAt: 0,
      answeredWall: 0,
      answer: { changed: procs.length, refused: [] },
    })),
  );

const doneAt = (executions: readonly Execution[]): Map<string, number> =>
  new Map(
    executions.flatMap(({ job, until, result }) =>
      result?.outcome.kind === 'exited' && result.outcome.exitCode === 0 && until !== undefined
        ? [[job, until]]
        : [],
    ),
  );

/** Whether the answer says that this job was changed, unless it had ended before. */
const covers = ({ answer, target }: Action, job: string): boolean =>
  answer !== undefined &&
  answer.changed > 0 &&
  !answer.refused.some((refusal) => refusal.job === job || refusal.job === target);

/** A job is only held or removed because somebody asked for it, and at the end none waits or runs. */
function* causeFaults({ view, actions, onHold }: Fate): Iterable<string> {
  const asked = (action: Action['action']) =>
    actions.some((one) => one.action === action && one.refused === undefined);
  const state = statusOf(view);
  if (state === status.Removed && !asked('remove')) yield `${view.id} is removed, and nobody removed it`;
  if (state === status.Held && !onHold && !asked('hold'))
    yield `${view.id} is held, and nobody held it: ${view.ad.HoldReason}`;
  if (state === status.Idle || state === status.Running)
    yield `${view.id} has not ended: its JobStatus is ${state}`;
}

function effectFaults(fate: Fate, action: Action): Iterable<string> {
  const { view } = fate;
  const state = statusOf(view);
  if (action.target !== view.id && wasOver(fate, action)) return [];
  const said = `${view.id}: ${action.action} ${action.target} was acknowledged`;
  switch (action.action) {
    case 'remove':
      return state === status.Removed ? [] : [`${said}, but its JobStatus is ${state}`];
    case 'hold':
      return isUndone(fate, action, ['release', 'remove']) ? [] : holdFaults(fate, action, said);
    case 'release':
      return state !== status.Held || isUndone(fate, action, ['hold'])
        ? []
        : [`${said}, but it is still held`];
  }
}

/** Of a whole cluster, only jobs are changed that have not ended before. */
function wasOver({ view, doneAt: at }: Fate, { action, answeredAt = 0 }: Action): boolean {
  if (statusOf(view) === status.Removed) return action === 'hold';
  return statusOf(view) === status.Completed && at !== undefined && at <= answeredAt;
}

/** Whether another request may have come after this one. */
const isUndone = ({ actions }: Fate, action: Action, by: readonly Action['action'][]): boolean =>
  actions.some(
    (other) =>
      other !== action &&
      by.includes(other.action) &&
      (other.answeredAt ?? Number.POSITIVE_INFINITY) > action.sentAt,
  );

function* holdFaults(
  { view }: Fate,
  { answeredWall = Number.POSITIVE_INFINITY }: Action,
  said: string,
): Iterable<string> {
  if (statusOf(view) !== status.Held) yield `${said}, but its JobStatus is ${statusOf(view)}`;
  const later = view.attempts.filter(({ claimedAt }) => claimedAt > answeredWall);
  if (later.length > 0) yield `${said}, but it was given to a pilot afterwards`;
}
