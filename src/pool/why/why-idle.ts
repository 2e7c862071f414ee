import { count } from '#base/count.ts';
import { Budget } from '#classad/budget.ts';
import type { WhyAnswer } from '#wire/why.ts';
import { environmentOf } from '../jobs/environment.ts';
import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import type { ParsedTexts } from '../jobs/parsed-texts.ts';
import { isSuspect } from '../jobs/trouble.ts';
import type { ConcurrencyLimits } from '../negotiator/concurrency-limits.ts';
import { type BeforeMatching, beforeMatching, suspicion } from './before-matching.ts';
import { brokenRequirements, undefinedAttribute } from './broken-requirements.ts';
import { type Cause, sentenceOf } from './cause.ts';
import { conditionAnalyses } from './condition-analysis.ts';
import { Conditions } from './conditions.ts';
import { type Feeding, nothingThere, restarting } from './feeding.ts';
import { type FeedingGroup, feedingGroups } from './feeding-groups.ts';
import { groupAnalyses } from './group-analysis.ts';
import { type DetailOptions, idleDetails } from './idle-details.ts';
import { limitInWords, limitOnSlots } from './limit-analysis.ts';
import { mismatchCause } from './mismatch-cause.ts';
import { type NearestMiss, nearestMiss } from './nearest-miss.ts';
import { type Order, type OrderOptions, orderOf } from './order.ts';
import { roomCause } from './room-cause.ts';
import { fittingGroups, pilotsIn, type Scan, scan } from './scan.ts';
import type { Slices } from './slices.ts';
import { slotAnalyses } from './slot-analysis.ts';

/**
 * The most attributes that the expressions of a job, and those of all slots, may read for one answer: a fixed number, plus a
 * number per slot.
 */
const mostSteps = 50_000;
const mostStepsASlot = 200;

/** The most names of slots that are told. */
const toldNames = 3;

export type IdleOptions = BeforeMatching &
  Feeding &
  OrderOptions &
  DetailOptions & {
    readonly ads: JobAds;
    readonly limits: ConcurrencyLimits;
    /** The texts of groups' templates, parsed. */
    readonly templateTexts: ParsedTexts;
  };

type IdleAnswer = Pick<WhyAnswer, 'kind' | 'summary'> & Partial<WhyAnswer>;

const answerOf = ({ kind, text }: Cause): IdleAnswer => ({ kind, summary: sentenceOf(text) });

/** Why an idle job does not run, with everything that was found out about the slots and groups. */
export async function whyIdle(options: IdleOptions, job: Job, slices: Slices): Promise<IdleAnswer> {
  const early = beforeMatching(options, job);
  if (early !== undefined) return answerOf(early);
  const ad = options.ads.matching(job);
  const reached = limitInWords(ad, options);
  if (reached !== undefined) return answerOf({ kind: 'concurrencyLimit', text: reached });
  const pilots = [...options.collector.all()];
  await slices.pause();
  const groups = feedingGroups(options.bidders, options.templateTexts);
  await slices.pause();
  const readable = groups.filter(({ fault }) => fault === undefined);
  const steps = mostSteps + mostStepsASlot * (pilots.length + groups.length);
  const environment = environmentOf(options.clock);
  const own = { ...environment, budget: new Budget(steps) };
  const conditions = new Conditions(ad, own, { ...environment, budget: new Budget(steps) });
  const now = options.clock.monotonic();
  const autocluster = options.autoclusters.of(job)?.id;
  const scanned = await scan(conditions, pilots, readable, { slices, now, autocluster });
  const fits = scanned.kinds.some(({ failing }) => failing.length === 0);
  const nearest = fits ? undefined : await nearestMiss(scanned, slices);
  const order = await orderOf(options, job, ad, { slices, now });
  await slices.pause();
  const unusable = groups.filter(({ fault }) => fault !== undefined);
  const further = { nearest, order, unusable };
  const cause = conditions.isOverdrawn ? tooSlow : causeOf(options, scanned, further, now);
  await slices.pause();
  const alone = isSuspect(job) ? ` ${suspicion(job)}` : '';
  return {
    kind: cause.kind,
    summary: `${sentenceOf(cause.text)}${alone}`,
    details: idleDetails(options, job, pilots),
    matching: {
      slots: pilots.length,
      slotsFitting: pilots.length - pilotsIn(scanned, 'unfit').length,
      slotsFree: pilotsIn(scanned, 'free').length,
      groups: groups.length,
      groupsFitting: fittingGroups(scanned).length,
    },
    conditions: conditionAnalyses(scanned),
    ...(nearest === undefined ? {} : { nearest: inWords(nearest) }),
    slots: slotAnalyses(scanned, now),
    share: order.share,
    groups: groupAnalyses(scanned, unusable),
  };
}

const tooSlow: Cause = {
  kind: 'tooSlow',
  text: 'its requirements or its requests take too long to evaluate: submit it again with expressions that read fewer attributes',
};

interface Further {
  readonly nearest: NearestMiss | undefined;
  readonly order: Order;
  readonly unusable: readonly FeedingGroup[];
}

function causeOf(
  options: IdleOptions,
  scanned: Scan,
  { nearest, order, unusable }: Further,
  now: number,
): Cause {
  const { conditions, kinds } = scanned;
  const free = pilotsIn(scanned, 'free');
  if (free.length > 0) return whyNotYet(options, scanned, order);
  if (kinds.some(({ failing }) => failing.length === 0))
    return restarting(options) ?? order.quota ?? roomCause(scanned, order, now);
  const broken = brokenRequirements(conditions);
  if (broken !== undefined) return broken;
  if (kinds.length === 0) return nothingThere(options, unusable);
  return restarting(options) ?? undefinedAttribute(conditions, kinds) ?? mismatchCause(scanned, nearest);
}

/** Why a job that fits a free slot does not have it yet. */
function whyNotYet(options: IdleOptions, scanned: Scan, order: Order): Cause {
  const { job, environment } = scanned.conditions;
  const slots = pilotsIn(scanned, 'free').map(({ freeSlot }) => freeSlot);
  const limit = limitOnSlots(job, slots, { limits: options.limits, environment });
  if (limit !== undefined) return { kind: 'concurrencyLimit', text: limit };
  if (order.quota !== undefined) return order.quota;
  if (order.limit === 0) return shareIsUsed(order);
  return { kind: 'matched', text: 'a slot fits and will be given to it in a moment' };
}

const shareIsUsed = ({ share: { submitter, cores } }: Order): Cause => ({
  kind: 'fairShare',
  text: `a slot fits, but ${submitter} uses ${count(cores, 'core')} already, which is its share while others wait: it gets the slot if nobody else can use it`,
});

const inWords = ({ changes, pilots, groups }: NearestMiss): NonNullable<WhyAnswer['nearest']> => ({
  changes: changes.map(({ words }) => words),
  slots: pilots.length,
  groups: groups.length,
  examples: [...pilots.map(({ facts }) => facts.name), ...groups.map(({ bid }) => bid.name)].slice(
    0,
    toldNames,
  ),
});
