import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import { type AdTexts, textNamed } from '#wire/ad-texts.ts';
import type { EventDetail } from '#wire/events.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { EventRow } from '../store/event-rows.ts';
import { type FreshProcs, freshProcs } from './fresh-procs.ts';
import type { Cluster, Hold, Job } from './job.ts';
import type { Next, Transition } from './transition.ts';

type Of<Type extends Transition['type']> = Extract<Transition, { type: Type }>;

/** Stands for a whole cluster where a proc number would be. */
export const wholeCluster = freshProcs;

/** The most characters of a reason in an event. */
const longestReason = 1024;

/**
 * The event that a transition causes for the owner of the job. A job without an event log has events only for the ends of
 * its executions: the client that fetches its results needs those.
 * @param job the job before the transition
 * @param fresh the fresh procs of its cluster, if there are any
 */
export function eventOf(
  transition: Exclude<Transition, { type: 'claim' }>,
  job: Job | undefined,
  fresh: FreshProcs | undefined,
): Omit<EventRow, 'seq'> | undefined {
  if (transition.type === 'submit') return submitted(transition);
  if (job === undefined || (transition.type !== 'end' && !hasLog(job))) return undefined;
  const told = details[transition.type](transition as never, job);
  if (told === undefined) return undefined;
  const detail = fresh?.shared === job ? { ...told, procs: [...fresh.procs.intervals()] } : told;
  const { cluster, proc } = job;
  return {
    cluster: cluster.id,
    proc,
    owner: cluster.owner,
    at: transition.at,
    detail: JSON.stringify(detail),
  };
}

function submitted({ at, cluster, owner, ad, procs, hold }: Of<'submit'>): Omit<EventRow, 'seq'> | undefined {
  if (!namesLog(ad) && !procs.parts.some(({ names }) => names.includes('userlog'))) return undefined;
  const detail: EventDetail = {
    kind: 'submitted',
    procs: procs.count,
    ...(hold !== undefined && { hold: { code: holdCodes.submittedOnHold, subcode: 0, reason: hold } }),
  };
  return { cluster, proc: wholeCluster, owner, at, detail: JSON.stringify(detail) };
}

const namesLog = (ad: AdTexts): boolean => textNamed(ad, 'userlog') !== undefined;

const ofCluster = new WeakMap<Cluster, boolean>();

/** Cached per cluster, which may have a million jobs. */
function hasLog({ cluster, attributes }: Job): boolean {
  let shared = ofCluster.get(cluster);
  if (shared === undefined) {
    shared = namesLog(cluster.ad);
    ofCluster.set(cluster, shared);
  }
  return shared || namesLog(attributes);
}

const untold = (): undefined => undefined;

/** The event of each transition except a submit, and except a claim, which causes none. */
const details: {
  readonly [Type in Exclude<Transition['type'], 'submit' | 'claim'>]: (
    transition: Of<Type>,
    job: Job,
  ) => EventDetail | undefined;
} = {
  start: ({ epoch }, job) => started(job, epoch),
  end: ended,
  lost,
  vacate: vacated,
  remove: ({ reason }, job) => ({ kind: 'removed', reason: short(reason), ran: job.state === 'Running' }),
  hold: (transition, job) => ({ kind: 'held', ran: job.state === 'Running', hold: holdOf(transition) }),
  release: ({ reason }) => ({ kind: 'released', reason: short(reason) }),
  checkpoint: untold,
  over: untold,
  restored: untold,
  late: untold,
  leave: untold,
  prio: untold,
};

const short = (reason: string): string => truncate(reason, longestReason);

const holdOf = ({ code, subcode = 0, reason }: Hold) => ({
  code,
  subcode,
  reason: short(reason),
});

const attemptOf = (job: Job, epoch: number) => job.attempts.find((attempt) => attempt.epoch === epoch);

/** No event if the job was held, removed or vacated before its pilot began it: that payload is already being ended. */
function started(job: Job, epoch: number): EventDetail | undefined {
  const attempt = attemptOf(job, epoch);
  if (attempt === undefined || job.claim === undefined || job.state !== 'Running') return undefined;
  return { kind: 'started', pilot: attempt.pilot, takes: job.claim.takes };
}

function ended({ result, next }: Of<'end'>, { claim, inputs }: Job): EventDetail {
  const { startedAt, endedAt, usage, outcome } = result;
  const exit = exitOf(outcome);
  return {
    kind: 'ended',
    ...(startedAt !== undefined && { startedAt }),
    endedAt,
    ...(exit !== undefined && { exit }),
    usage,
    ...(claim !== undefined && { takes: claim.takes }),
    sentBytes: bytesOf([...result.outputs, result.stdout, result.stderr]),
    receivedBytes: bytesOf(inputs),
    next: next.state,
    ...whyNot(next),
  };
}

function whyNot(next: Next): Pick<Extract<EventDetail, { kind: 'ended' }>, 'reason' | 'hold'> {
  if (next.state === 'Idle') return { reason: short(next.reason) };
  return next.state === 'Held' ? { hold: holdOf(next) } : {};
}

function exitOf(outcome: Outcome) {
  switch (outcome.kind) {
    case 'exited':
      return { exitCode: outcome.exitCode };
    case 'signalled':
      return { signal: outcome.signal };
    case 'outputFailed':
      return outcome.exit;
    case 'startFailed':
    case 'exceeded':
    case 'stopped':
      return undefined;
  }
}

const bytesOf = (files: readonly ({ readonly size: number } | undefined)[]): number =>
  files.reduce((sum, file) => sum + (file?.size ?? 0), 0);

function lost({ epoch, reason, hold }: Of<'lost'>, job: Job): EventDetail | undefined {
  // Nothing new for a job that was held or removed: that had its own event.
  if (job.state !== 'Running') return undefined;
  const attempt = attemptOf(job, epoch);
  return {
    kind: 'lost',
    pilot: attempt?.pilot ?? '',
    reason: short(reason),
    began: attempt?.startedAt !== undefined,
    ...(hold !== undefined && { hold: holdOf(hold) }),
  };
}

/** The job's own policy ended the execution, and the job will run again. */
function vacated(hold: Of<'vacate'>, job: Job): EventDetail | undefined {
  return job.state === 'Running' ? { kind: 'vacated', hold: holdOf(hold) } : undefined;
}
