import { count } from '#base/count.ts';
import { formatDuration } from '#base/duration.ts';
import { Budget } from '#classad/budget.ts';
import type { SlotWhyAnswer, SlotWhyKind } from '#wire/why.ts';
import { displayName } from '../accounting/submitter-name.ts';
import type { Pilot } from '../collector/pilot.ts';
import { slotName } from '../collector/slot-ads.ts';
import { environmentOf } from '../jobs/environment.ts';
import { jobName } from '../jobs/job.ts';
import type { Queue } from '../queue/queue.ts';
import { listed, sentenceOf } from './cause.ts';
import { whyItLeaves } from './room-cause.ts';
import type { Slices } from './slices.ts';
import { type Reason, type ReasonOptions, reasonsOf } from './slot-reasons.ts';

export type SlotOptions = ReasonOptions & { readonly queue: Pick<Queue, 'claimed'> };

/** What reading the validations of one slot may cost. */
const mostSteps = 5_000;

/** The most reasons, and the most jobs, that are told. */
const mostReasons = 20;

interface Cause {
  readonly kind: SlotWhyKind;
  readonly text: string;
}

/** Why a slot does not run more jobs than it does. */
export async function whySlot(options: SlotOptions, pilot: Pilot, slices: Slices): Promise<SlotWhyAnswer> {
  const now = options.clock.monotonic();
  const closed = whyClosed(options, pilot, now);
  const reasons = closed === undefined ? await reasonsOf(options, pilot, slices) : [];
  const { kind, text } = closed ?? causeOf(reasons);
  const idle = pilot.claims.size === 0 ? (now - pilot.idleSince) / 1000 : 0;
  return {
    slot: slotName(pilot.facts.name),
    group: pilot.facts.group,
    site: pilot.facts.site,
    kind,
    summary: sentenceOf(text),
    idleSeconds: Math.round(idle),
    jobs: jobsOn(options, pilot).slice(0, mostReasons),
    free: pilot.free,
    ...(pilot.lacks && { lacks: [...pilot.lacks] }),
    reasons: reasons
      .toSorted((a, b) => b.jobs - a.jobs)
      .slice(0, mostReasons)
      .map(({ sentence, jobs, examples }) => ({ sentence, jobs, examples })),
  };
}

/** Why a slot takes no more jobs, whatever waits. */
function whyClosed(options: SlotOptions, pilot: Pilot, now: number): Cause | undefined {
  const { connection, disconnectedAt, retireAt, drainReason } = pilot;
  if (connection === undefined) {
    const since = disconnectedAt === undefined ? '' : ` for ${formatDuration(now - disconnectedAt)}`;
    return {
      kind: 'away',
      text: `its pilot has had no connection to the pool${since}: it gets no jobs until it is back`,
    };
  }
  if (drainReason !== undefined)
    return {
      kind: 'draining',
      text: `its pilot accepts no more jobs (${drainReason}) and leaves when it runs none`,
    };
  if (!pilot.accepts(now))
    return {
      kind: 'retiring',
      text: `its pilot is ${whyItLeaves({ drainReason, retireAt }, now)}: it accepts no more jobs and leaves when it runs none`,
    };
  const failing = failingValidations(options, pilot);
  if (failing.length > 0)
    return {
      kind: 'validation',
      text: `its pilot accepts no jobs while a validation of its node fails (${failing.join('; ')})`,
    };
  if (pilot.reservedFor > 0) return reserved(options, pilot);
  if (pilot.free.cpus >= 1) return undefined;
  const jobs = jobsOn(options, pilot);
  return { kind: 'busy', text: `${count(jobs.length, 'job uses', 'jobs use')} all of it (${listed(jobs)})` };
}

/** What keeps a slot whose Start a validation has made false. Whatever the pilot's ad contains, this costs little. */
function failingValidations({ clock }: SlotOptions, { facts: { slot } }: Pilot): string[] {
  const environment = { ...environmentOf(clock), budget: new Budget(mostSteps) };
  if (slot.evaluateBoolean('Start', undefined, environment) !== false) return [];
  return [...slot.attributes()].flatMap(({ name }) => {
    const [, check] = /^GLIDEIN_Validation_(\w+)_Reason$/i.exec(name) ?? [];
    if (check === undefined) return [];
    return [`${check}: ${slot.evaluateString(name, undefined, environment) ?? 'it does not say why'}`];
  });
}

/** Said of a slot that takes jobs of one autocluster only. */
function reserved({ autoclusters }: SlotOptions, { reservedFor }: Pilot): Cause {
  for (const { id, waiting, submitter } of autoclusters.all()) {
    const { first } = waiting;
    if (id !== reservedFor || first === undefined) continue;
    const like = `${jobName(first)} of ${displayName(submitter)}`;
    return {
      kind: 'reserved',
      text: `what is free on it is kept for jobs like ${like}, which have waited for a long time and which small ones would overtake`,
    };
  }
  return {
    kind: 'reserved',
    text: 'what is free on it was kept for jobs that no longer wait, and will be given to others',
  };
}

const jobsOn = ({ queue }: SlotOptions, { claims }: Pilot): string[] =>
  [...claims.keys()].flatMap((claim) => {
    const job = queue.claimed(claim);
    return job === undefined ? [] : [jobName(job)];
  });

function causeOf(reasons: readonly Reason[]): Cause {
  const all = reasons.reduce((sum, { jobs }) => sum + jobs, 0);
  if (all === 0) return { kind: 'noJobs', text: 'no job waits' };
  const waiting = count(all, 'job waits', 'jobs wait');
  const fitting = reasons.find(({ kind }) => kind === 'none');
  if (fitting !== undefined)
    return {
      kind: 'matched',
      text: `${waiting}, and ${fitting.examples[0] ?? 'one of them'} gets it in a moment`,
    };
  const limited = reasons.find(({ kind }) => kind === 'limits');
  if (limited !== undefined)
    return { kind: 'limits', text: `${waiting}, and those that fit it may not run: ${limited.sentence}` };
  const most = reasons.reduce((a, b) => (b.jobs > a.jobs ? b : a));
  const share = most.jobs === all ? 'none fits it' : `none fits it, for ${most.jobs} of them`;
  return { kind: 'noneFits', text: `${waiting}, but ${share} because ${most.sentence}` };
}
