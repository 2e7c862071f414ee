import { count } from '#base/count.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { ShareAnalysis } from '#wire/why.ts';
import type { Accountant } from '../accounting/accountant.ts';
import { submitterOf } from '../accounting/submitter-name.ts';
import { allCores } from '../collector/all-cores.ts';
import type { Collector } from '../collector/collector.ts';
import type { Job } from '../jobs/job.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { Cause } from './cause.ts';
import type { Slices } from './slices.ts';

/** The most submitters that are named. */
const toldNames = 3;

export interface OrderOptions {
  readonly accountant: Pick<Accountant, 'turns' | 'standing' | 'groupOf'>;
  readonly autoclusters: Pick<Autoclusters, 'all' | 'of'>;
  readonly collector: Collector;
}

/** The place of a job in the order of service. */
export interface Order {
  readonly share: ShareAnalysis;
  /** Said if the group of the job has used up its quota. */
  readonly quota: Cause | undefined;
  /** Cores that the submitter may get in the next turn, if it is known. */
  readonly limit: number | undefined;
  /** Waiting jobs of the same submitter with a higher priority. */
  readonly ownBefore: number;
}

/** Who is served before a job, as the accountant orders submitters now. @param now monotonic milliseconds */
export async function orderOf(
  { accountant, autoclusters, collector }: OrderOptions,
  job: Job,
  ad: ClassAd,
  { slices, now }: { readonly slices: Slices; readonly now: number },
): Promise<Order> {
  const submitter = submitterOf(ad, job.cluster.owner);
  const waiting = new Map<string, number>([[submitter, 0]]);
  let ownBefore = 0;
  const mine = autoclusters.of(job);
  for (const each of autoclusters.all()) {
    if (slices.isOver) await slices.rest();
    waiting.set(each.submitter, (waiting.get(each.submitter) ?? 0) + each.cores * each.waiting.size);
    if (each.submitter === mine?.submitter && each.priority > mine.priority) ownBefore += each.waiting.size;
  }
  await slices.pause();
  const turns = accountant.turns(wishes(waiting), allCores(collector), now);
  const place = turns.findIndex((turn) => turn.submitter === submitter);
  // Whose quota is used up gets nothing, although it has a turn.
  const before = turns.slice(0, Math.max(0, place)).filter((turn) => turn.left() > 0);
  const standing = accountant.standing(submitter, now);
  const share = {
    submitter: standing.name,
    effectivePriority: standing.priority,
    cores: standing.cores,
    before: before.length,
    examples: before.slice(0, toldNames).map((turn) => accountant.standing(turn.submitter, now).name),
  };
  return {
    share: { ...share, sentence: inWords(share) },
    limit: turns[place]?.limit,
    quota: quotaOf(accountant, submitter, turns[place]?.left()),
    ownBefore,
  };
}

const wishes = (waiting: ReadonlyMap<string, number>) =>
  [...waiting].map(([submitter, cores]) => ({ submitter, cores })).filter(({ cores }) => cores > 0);

function inWords({
  submitter,
  effectivePriority,
  cores,
  before,
  examples,
}: Omit<ShareAnalysis, 'sentence'>): string {
  const uses = `${submitter} uses ${count(cores, 'core')} and has the effective priority ${effectivePriority.toFixed(2)}`;
  if (before === 0) return `${uses}; nobody with waiting jobs is served before.`;
  const more =
    before > examples.length
      ? `, ${examples.join(', ')} and ${before - examples.length} more`
      : `: ${examples.join(', ')}`;
  return `${uses}; ${count(before, 'submitter')} with waiting jobs ${before === 1 ? 'is' : 'are'} served before${more}.`;
}

/** Said if nothing is left of the quota of a submitter's group, or of those around it. */
function quotaOf(
  accountant: Pick<Accountant, 'groupOf'>,
  submitter: string,
  left = Number.POSITIVE_INFINITY,
): Cause | undefined {
  const group = accountant.groupOf(submitter);
  if (group === undefined || left > 0) return undefined;
  const { name, cores, quota } = group;
  if (quota === 0)
    return {
      kind: 'quota',
      text: `the accounting group ${name} has a quota of 0 cores while the pool is as large as now: submit it to another group, or ask an administrator for a larger quota`,
    };
  return {
    kind: 'quota',
    text: `the accounting group ${name} has used up its quota (it uses ${cores} of ${count(quota, 'core')}): it starts when other jobs of the group have ended, or submit it to another group`,
  };
}
