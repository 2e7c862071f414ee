import type { Hold, Job, Vacated } from '../jobs/job.ts';
import { jobBytes } from '../jobs/job-bytes.ts';
import { isFinal } from '../jobs/job-state.ts';
import type { Next, Transition } from '../jobs/transition.ts';
import { submit } from './apply-submit.ts';
import { addAttempt, updateAttempt } from './attempt-records.ts';
import { type Changed, nothing } from './changed.ts';
import { fence } from './fence.ts';
import { endHold, hold } from './holds.ts';
import type { Queue } from './queue.ts';

type Of<Type extends Transition['type']> = Extract<Transition, { type: Type }>;

/**
 * Applies one transition in memory. The same code serves the running pool and the replay of the journal; it makes no
 * decisions, so both end in the same state.
 */
export function apply(queue: Queue, transition: Transition): Changed {
  if (transition.type === 'submit') return submit(queue, transition);
  if (transition.type === 'restored') return fence(queue, transition);
  const job = queue.materialize(transition.job);
  if (job === undefined) return nothing;
  const before = jobBytes(job);
  effects[transition.type](queue, job, transition as never);
  queue.grew(job.cluster.owner, jobBytes(job) - before);
  const fresh = queue.fresh(job.cluster.id);
  return fresh?.shared === job ? { jobs: [], fresh: [fresh] } : { jobs: [job], fresh: [] };
}

/** What each transition does to its job, except for those that concern many jobs. */
const effects: {
  readonly [Type in Exclude<Transition['type'], 'submit' | 'restored'>]: (
    queue: Queue,
    job: Job,
    transition: Of<Type>,
  ) => void;
} = {
  claim,
  start: (_queue, job, { epoch, at }) => updateAttempt(job, epoch, { startedAt: at }),
  end,
  checkpoint: (_queue, job, { epoch, checkpoint }) => {
    // A result that came before it has ended the execution, or the job is not going to run again.
    if (job.claim?.ref.epoch === epoch && !isFinal(job.state)) job.checkpoint = checkpoint;
  },
  lost: lose,
  over,
  late: (queue, job, { epoch, outcome }) => {
    updateAttempt(job, epoch, { outcome });
    // In journals of older versions a claim ended at once when its job was held or removed, and its result came as `late`.
    endClaim(queue, job, epoch);
  },
  remove: (queue, job, { at, reason, stays }) => {
    endAttempt(job, reason);
    endHold(job, undefined);
    forgetCheckpoint(job);
    job.removeReason = reason;
    job.stays = stays;
    queue.move(job, 'Removed', at);
  },
  hold: (queue, job, transition) => {
    endAttempt(job, transition.reason);
    hold(queue, job, transition.at, transition);
  },
  vacate: (queue, job, { at, code, reason, subcode }) => {
    if (job.state !== 'Running') return;
    endAttempt(job, reason);
    job.vacated = afterVacate(job, { code, reason, subcode }, at);
    queue.move(job, 'Idle', at);
  },
  leave: (_queue, job) => {
    job.stays = undefined;
  },
  release: (queue, job, { at, reason }) => {
    endHold(job, reason);
    job.trouble = undefined;
    if (job.epoch > 0) job.releasedEpoch = job.epoch;
    queue.move(job, 'Idle', at);
  },
  prio: (_queue, job, { priority }) => {
    job.priority = priority;
  },
};

function claim(queue: Queue, job: Job, transition: Of<'claim'>): void {
  const { claim: ref, pilot, takes, limits, submitter, at } = transition;
  job.epoch = ref.epoch;
  const attempt = {
    epoch: ref.epoch,
    pilot: pilot.name,
    pilotUid: pilot.uid,
    group: pilot.group,
    claimedAt: at,
  };
  addAttempt(job, attempt);
  queue.setClaim(job, { ref, pilotUid: pilot.uid, takes, site: pilot.site, limits, submitter });
  queue.move(job, 'Running', at);
}

function end(queue: Queue, job: Job, { at, epoch, result, next }: Of<'end'>): void {
  updateAttempt(job, epoch, {
    endedAt: result.endedAt,
    outcome: result.outcome,
    ...(result.startedAt === undefined ? {} : { startedAt: result.startedAt }),
    ...(next.state === 'Completed' ? {} : { reason: next.reason }),
  });
  job.outputs = result.outputs;
  job.stdout = result.stdout;
  job.stderr = result.stderr;
  job.folders = result.folders;
  job.left = result.left;
  job.usage = result.usage;
  queue.setClaim(job, undefined);
  go(queue, job, at, next);
}

/** Keeps what the job printed: it shows what the job did before it was held or removed. */
function over(queue: Queue, job: Job, { at, epoch, result }: Of<'over'>): void {
  updateAttempt(job, epoch, {
    endedAt: result?.endedAt ?? at,
    ...(result === undefined ? {} : { outcome: result.outcome }),
    ...(result?.startedAt === undefined ? {} : { startedAt: result.startedAt }),
  });
  job.stdout = result?.stdout ?? job.stdout;
  job.stderr = result?.stderr ?? job.stderr;
  endClaim(queue, job, epoch);
}

/** Ends the claim of this epoch if the job still has it and is not Running. */
function endClaim(queue: Queue, job: Job, epoch: number): void {
  if (job.claim?.ref.epoch === epoch && job.state !== 'Running') queue.setClaim(job, undefined);
}

function lose(queue: Queue, job: Job, { at, epoch, reason, trouble, hold: held }: Of<'lost'>): void {
  updateAttempt(job, epoch, { endedAt: at, reason });
  queue.setClaim(job, undefined);
  if (job.state !== 'Running') return;
  job.trouble = trouble;
  if (held === undefined) queue.move(job, 'Idle', at);
  else hold(queue, job, at, held);
}

function go(queue: Queue, job: Job, at: number, next: Next): void {
  job.trouble = next.state === 'Idle' ? next.trouble : undefined;
  if (next.state === 'Completed') {
    job.stays = next.stays;
    forgetCheckpoint(job);
  }
  if (next.state === 'Idle') {
    if (next.vacated !== undefined) job.vacated = afterVacate(job, next.vacated, at);
    if (next.sets !== undefined) job.attributes = { ...job.attributes, ...next.sets };
  }
  if (next.state === 'Held') hold(queue, job, at, next);
  else queue.move(job, next.state, at);
}

/** Nobody will go on from the checkpoint of a job that has ended: its files may be removed, and its number stays. */
function forgetCheckpoint(job: Job): void {
  if (job.checkpoint !== undefined) job.checkpoint = { number: job.checkpoint.number, files: [] };
}

const afterVacate = ({ vacated }: Job, { code, reason, subcode }: Hold, at: number): Vacated => ({
  code,
  reason,
  subcode,
  at,
  count: (vacated?.count ?? 0) + 1,
});

/** Notes why the running attempt, if there is one, is being ended; its pilot reports when it has ended. */
function endAttempt(job: Job, reason: string): void {
  if (job.state === 'Running' && job.claim !== undefined) updateAttempt(job, job.claim.ref.epoch, { reason });
}
