import type { Environment } from '#classad/environment.ts';
import { Computed } from '#classad/slot.ts';
import { isTrue } from '#classad/value.ts';
import type { Clause, PreparedJob } from '#match/prepared-job.ts';
import type { SlotKinds } from '#match/slot-kinds.ts';
import type { StartClause } from '#match/start-clauses.ts';
import type { FreeSlots } from './free-slots.ts';
import { anything, everywhere, type Range, wider } from './range.ts';
import type { RequestedLimits } from './requested-limits.ts';
import type { Shape } from './shape.ts';
import type { SharedTruths, Truths } from './shared-truths.ts';
import { type Verdict, verdict } from './verdicts.ts';

/** A clause that has one value for all slots of a bucket. */
export interface CommonClause {
  readonly clause: Clause;
  /** What is known of it, by buckets, if it reads nothing of the job. */
  readonly truths: Truths | undefined;
  /** Whether it depends on time or chance. */
  readonly clock: boolean;
}

/** The same of the slots' own Requirements. */
export interface CommonStart {
  readonly clause: StartClause;
  readonly clock: boolean;
}

/** A clause that is evaluated for each lot, or for each slot. */
export interface NarrowClause {
  readonly clause: Clause;
  /** What is known of it, by slots, if it reads nothing of the job. */
  readonly truths: Truths | undefined;
  /** What it depends on. */
  readonly range: Range;
}

interface Given {
  /** The number of the autocluster. */
  readonly id: number;
  readonly job: PreparedJob;
  readonly limits: RequestedLimits;
}

/** What is known of slots. */
type Known = Pick<FreeSlots, 'kinds' | 'shared'>;

/** How the jobs of an autocluster are matched with slots of one shape: what has to be evaluated how often. */
export class Plan {
  readonly common: readonly CommonClause[];
  readonly narrow: readonly NarrowClause[];
  /** Whether the slots' own Requirements keep the jobs from all slots of the shape, whatever their constants. */
  readonly isRefused: boolean;
  readonly commonStarts: readonly CommonStart[];
  /** Whether the Requirements of each slot are evaluated as a whole. */
  readonly eachStart: boolean;
  readonly rank: Range;
  /** What holds for a bucket if all that is common does. */
  readonly verdict: Verdict;
  /** Whether that depends on time or chance. */
  readonly clock: boolean;

  /** @param environment of the slots' expressions */
  constructor({ id, job, limits }: Given, shape: Shape, { kinds, shared }: Known, environment: Environment) {
    const clauses = job.residue.map((clause) => ({ clause, range: shape.range(clause.reads, kinds) }));
    const starts = startsOf(job, shape, kinds);
    const ofRank = shape.range(job.rankReads, kinds);
    this.common = clauses
      .filter(({ range }) => range.reach === 'bucket')
      .map(({ clause, range: { clock } }) => {
        const truths = clock ? undefined : truthsOf(clause, shared.buckets, id);
        return { clause, clock, truths };
      });
    this.narrow = clauses
      .filter(({ range }) => range.reach !== 'bucket')
      .map(({ clause, range }) => {
        const truths = truthsOf(clause, shared.slots, id);
        return { clause, range, truths };
      });
    this.isRefused = starts.fixed.some(({ holds }) => !isTrue(holds(shape.ad, job.ad, environment)));
    this.commonStarts = starts.common;
    this.eachStart = starts.range.reach !== 'bucket';
    this.rank = ofRank;
    const ofRequests = shape.range(job.requestReads, kinds);
    const fit = [...clauses.map(({ range }) => range), ofRequests, starts.range].reduce(wider);
    const ofLimits = limits.everywhere === undefined ? shape.range(limits.reads, kinds) : everywhere;
    const detail = wider(ofRank, ofLimits);
    this.verdict = verdictOf(fit, detail);
    this.clock = fit.clock || detail.clock;
  }
}

const truthsOf = ({ text }: Clause, known: SharedTruths, id: number): Truths | undefined =>
  text === undefined ? undefined : known.of(text, id);

interface Starts {
  /** Those that read nothing of the slot. */
  readonly fixed: readonly StartClause[];
  readonly common: readonly CommonStart[];
  readonly range: Range;
}

/** Of slots with different Requirements nothing is known; a comparison of resources need not be evaluated. */
function startsOf(job: PreparedJob, shape: Shape, kinds: SlotKinds): Starts {
  if (shape.startsDiffer(kinds)) return { fixed: [], common: [], range: anything };
  const fixed: StartClause[] = [];
  const common: CommonStart[] = [];
  let range = everywhere;
  for (const clause of shape.startClauses) {
    if (clause.request !== undefined && job.isPlainRequest(clause.request)) continue;
    const own = shape.startRange(clause, job.ad, kinds);
    range = wider(range, own);
    if (isFixed(clause, own, job)) fixed.push(clause);
    else if (own.reach === 'bucket') common.push({ clause, clock: own.clock });
  }
  return { fixed, common, range };
}

/** Whether a clause of slots reads nothing but constants of the job. */
const isFixed = ({ reads }: StartClause, { reach, clock }: Range, { ad }: PreparedJob): boolean =>
  reach === 'bucket' &&
  !clock &&
  reads.my.size === 0 &&
  reads.target.values().every((name) => !(ad.slot(name) instanceof Computed));

function verdictOf(fit: Range, detail: Range): Verdict {
  if (fit.reach === 'slot' || detail.reach === 'slot') return verdict.eachSlot;
  if (detail.reach === 'lot') return verdict.eachLot;
  return fit.reach === 'bucket' ? verdict.all : verdict.byLot;
}
