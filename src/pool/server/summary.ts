import type { Clock } from '#base/clock.ts';
import { truncate } from '#base/truncate.ts';
import { mostListed, type SummaryAnswer } from '#wire/summary.ts';
import type { Accountant } from '../accounting/accountant.ts';
import type { Standing } from '../accounting/standing.ts';
import type { Collector } from '../collector/collector.ts';
import { type GroupTotals, PilotTotals } from '../collector/pilot-totals.ts';
import { type JobState, jobStates } from '../jobs/job-state.ts';
import type { PoolMetrics } from '../metrics/pool-metrics.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { Queue } from '../queue/queue.ts';
import type { Bidders } from '../registry/bidders.ts';
import type { Volume } from '../spool/volume.ts';
import { inSlices } from './in-slices.ts';

/** The parts of the pool that a summary is about. */
export interface SummarizedPool {
  readonly queue: Queue;
  readonly collector: Collector;
  readonly autoclusters: Pick<Autoclusters, 'all'>;
  readonly accountant: Accountant;
  readonly bidders: Pick<Bidders, 'current' | 'silent'>;
  readonly metrics: Pick<PoolMetrics, 'counts'>;
  readonly volume: Volume;
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly servingSince: number;
}

/** Milliseconds for which a summary is good enough for everybody. */
const goodFor = 500;

/** The most characters of what blocks a group. */
const longestReason = 300;

/**
 * Summaries of a pool. However many ask, and however often, pilots and autoclusters are counted at most twice a second; jobs
 * are never looked at.
 */
export class Summaries {
  readonly #pool: SummarizedPool;
  #newest: { readonly at: number; readonly answer: Promise<SummaryAnswer> } | undefined;

  constructor(pool: SummarizedPool) {
    this.#pool = pool;
  }

  /** @param turn resolves when it is the turn of this request */
  answer(turn: () => Promise<void>): Promise<SummaryAnswer> {
    const now = this.#pool.clock.monotonic();
    if (this.#newest === undefined || now - this.#newest.at >= goodFor)
      this.#newest = { at: now, answer: summary(this.#pool, turn) };
    return this.#newest.answer;
  }
}

async function summary(pool: SummarizedPool, turn: () => Promise<void>): Promise<SummaryAnswer> {
  const { clock, queue, collector, volume, servingSince } = pool;
  const totals = new PilotTotals();
  await inSlices(collector.all(), (pilot) => totals.add(pilot, clock.monotonic()), turn);
  const groups = groupsOf(pool, totals);
  const submitters = await submittersOf(pool, turn);
  const { state, message } = volume.state;
  return {
    time: clock.wall(),
    servingSeconds: (clock.monotonic() - servingSince) / 1000,
    jobs: Object.fromEntries(
      (Object.keys(jobStates) as JobState[]).map((each) => [each, queue.countIn(each)]),
    ),
    pilots: totals.pilots,
    cores: totals.cores,
    freeCores: totals.freeCores,
    claims: totals.claims,
    counts: await pool.metrics.counts(),
    groups: groups.slice(0, mostListed),
    submitters: submitters.slice(0, mostListed),
    more: {
      groups: Math.max(0, groups.length - mostListed),
      submitters: Math.max(0, submitters.length - mostListed),
    },
    silentSites: [...pool.bidders.silent()].slice(0, mostListed),
    volume: { state, message },
  };
}

type GroupView = SummaryAnswer['groups'][number];

/** Groups that bid, and those of which only pilots are left; the largest first, but what is blocked before all. */
function groupsOf({ bidders }: SummarizedPool, totals: PilotTotals): GroupView[] {
  const bidding = new Map<GroupTotals, Omit<GroupView, 'pilots' | 'cores'>>();
  for (const { site, bid, heardSecondsAgo } of bidders.current()) {
    for (const { name, wanted, blocked } of bid.groups) {
      const reason = blocked === undefined ? {} : { blocked: truncate(blocked, longestReason) };
      bidding.set(totals.group(site, name), { name, site, wanted, heardSecondsAgo, ...reason });
    }
  }
  const views = [...totals.groups.values()].map((own) => ({
    name: own.group,
    site: own.site,
    wanted: 0,
    heardSecondsAgo: 0,
    ...bidding.get(own),
    pilots: own.pilots,
    cores: own.cores,
  }));
  const isBlocked = ({ blocked }: GroupView): number => (blocked === undefined ? 0 : 1);
  return views.sort(
    (a: GroupView, b: GroupView) => isBlocked(b) - isBlocked(a) || b.cores.total - a.cores.total,
  );
}

/** Submitters that use or want something, those who use the most first; names that are charged to one account are one. */
async function submittersOf(
  { autoclusters, accountant, clock }: SummarizedPool,
  turn: () => Promise<void>,
): Promise<SummaryAnswer['submitters']> {
  const jobs = new Map<string, { idle: number; running: number }>();
  const count = ({ submitter, waiting, running }: Autocluster): void => {
    const account = accountant.accountOf(submitter);
    const known = jobs.get(account) ?? { idle: 0, running: 0 };
    jobs.set(account, known);
    known.idle += waiting.size;
    known.running += running.size;
  };
  await inSlices(autoclusters.all(), count, turn);
  const now = clock.monotonic();
  const views: SummaryAnswer['submitters'] = [];
  const view = ({ account, name, cores, priority }: Standing): void => {
    const own = jobs.get(account);
    jobs.delete(account);
    if (own !== undefined || cores > 0) views.push({ name, idle: 0, running: 0, ...own, cores, priority });
  };
  await inSlices(accountant.standings(now), view, turn);
  // Who has never used anything may have no account.
  await inSlices(jobs.keys(), (account) => view(accountant.standing(account, now)), turn);
  return views.sort((a, b) => b.cores - a.cores || b.idle - a.idle || (a.name < b.name ? -1 : 1));
}
