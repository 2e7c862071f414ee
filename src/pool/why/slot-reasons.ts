import { Budget } from '#classad/budget.ts';
import { mismatchInWords } from '#match/mismatch-sentence.ts';
import { requestOf } from '#match/request.ts';
import type { Accountant } from '../accounting/accountant.ts';
import { displayName } from '../accounting/submitter-name.ts';
import type { Pilot } from '../collector/pilot.ts';
import { environmentOf } from '../jobs/environment.ts';
import { jobName } from '../jobs/job.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';
import type { Slices } from './slices.ts';
import type { IdleOptions } from './why-idle.ts';

export type ReasonOptions = Pick<IdleOptions, 'autoclusters' | 'limits' | 'clock'> & {
  readonly accountant: Pick<Accountant, 'dealer'>;
};

/** The most autoclusters that are tried, and what the expressions of each may read. */
const mostTried = 5_000;
const mostSteps = 5_000;

/** The most jobs that are named with a reason. */
const toldNames = 3;

/** Waiting jobs that the slot does not run for the same reason. */
export interface Reason {
  readonly kind: 'mismatch' | 'limits' | 'none';
  readonly sentence: string;
  jobs: number;
  readonly examples: string[];
}

/** Why the waiting jobs do not get the slot, each autocluster with what its own expressions may cost. */
export async function reasonsOf(
  options: ReasonOptions,
  pilot: Pilot,
  slices: Slices,
): Promise<readonly Reason[]> {
  const reasons = new Map<string, Reason>();
  const deal = options.accountant.dealer();
  let tried = 0;
  for (const autocluster of options.autoclusters.all()) {
    if (autocluster.waiting.size === 0) continue;
    tried += 1;
    if (tried > mostTried) break;
    if (slices.isOver) await slices.rest();
    const { kind, sentence } = reasonOf(options, autocluster, pilot, deal);
    const reason = reasons.get(sentence) ?? { kind, sentence, jobs: 0, examples: [] };
    reasons.set(sentence, reason);
    reason.jobs += autocluster.waiting.size;
    const { first } = autocluster.waiting;
    if (first !== undefined && reason.examples.length < toldNames) reason.examples.push(jobName(first));
  }
  return [...reasons.values()];
}

function reasonOf(
  { limits, clock }: ReasonOptions,
  { ad, limits: asked, submitter }: Autocluster,
  pilot: Pilot,
  deal: ReturnType<Accountant['dealer']>,
): Pick<Reason, 'kind' | 'sentence'> {
  const environment = { ...environmentOf(clock), budget: new Budget(mostSteps) };
  const mismatch = mismatchInWords(ad, pilot.freeSlot, environment, 'the slot');
  if (mismatch !== undefined) return { kind: 'mismatch', sentence: mismatch };
  const short = limits.lacking(asked.everywhere ?? asked.on(pilot.freeSlot, environment));
  if (short !== undefined)
    return { kind: 'limits', sentence: `the concurrency limit ${short.name} is used up` };
  const { cpus } = requestOf(ad, pilot.freeSlot, environment);
  if (deal(submitter, cpus, 1) === 0)
    return {
      kind: 'limits',
      sentence: `the quota of the accounting group of ${displayName(submitter)} is used up`,
    };
  return { kind: 'none', sentence: 'it fits and will be given the slot in a moment' };
}
