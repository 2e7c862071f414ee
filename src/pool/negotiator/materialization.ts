import { ClassAd } from '#classad/class-ad.ts';
import { parseExpression } from '#classad/parser.ts';
import { textNamed } from '#wire/ad-texts.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Cluster, Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job-state.ts';
import type { Interval, ProcIntervals } from '../jobs/proc-intervals.ts';

/** How many jobs of a cluster may be in the queue at a time, fresh procs not counted. */
export interface MaterializeLimits {
  /** Idle or held (`max_idle`). */
  readonly notRunning: number;
  /** Idle, held or running (`max_materialize`). */
  readonly all: number;
}

/** What is counted of one cluster that has limits. */
interface Counts {
  readonly limits: MaterializeLimits;
  running: number;
  all: number;
  /** Fresh procs up to this number are offered to matching. */
  through: number;
}

type Counted = 'running' | 'notRunning';

/**
 * HTCondor's late materialization: of a cluster with `max_idle` or `max_materialize`, fresh procs are offered to
 * matching, and counted as demand, only up to these limits, in which its other jobs count too. More follow as jobs start or end. What has been
 * offered stays offered, even if an evicted job waits again beside it.
 */
export class Materialization {
  readonly #clusters = new WeakMap<Cluster, Counts | 'unlimited'>();
  readonly #counted = new WeakMap<Job, Counted>();

  /** Takes note of a job that has changed. @returns whether fresh procs of its cluster may be offered now */
  update(job: Job): boolean {
    const counts = this.#countsOf(job.cluster);
    if (counts === undefined) return false;
    this.#count(counts, this.#counted.get(job), -1);
    const now = countedAs(job);
    if (now === undefined) this.#counted.delete(job);
    else this.#counted.set(job, now);
    this.#count(counts, now, 1);
    return true;
  }

  /** The fresh procs of a cluster that are offered, and those that may be from now on. */
  offered(fresh: FreshProcs): readonly Interval[] {
    const counts = this.#countsOf(fresh.cluster);
    if (counts === undefined) return [...fresh.procs.intervals()];
    const before = firstOf(fresh.procs, 0, sizeUpTo(fresh.procs, counts.through));
    return [...before, ...this.more(fresh)];
  }

  /** Those that were not offered before, and are from now on. */
  more(fresh: FreshProcs): readonly Interval[] {
    const counts = this.#countsOf(fresh.cluster);
    if (counts === undefined) return [];
    const { limits, all, running, through } = counts;
    const offered = sizeUpTo(fresh.procs, through);
    const most = Math.min(limits.notRunning - (all - running), limits.all - all) - offered;
    const more = firstOf(fresh.procs, through + 1, most);
    counts.through = more.at(-1)?.[1] ?? through;
    return more;
  }

  /** The limits that keep a fresh proc from being matched; undefined if none does. */
  keepsBack({ cluster, proc }: Job, fresh: FreshProcs | undefined): MaterializeLimits | undefined {
    const counts = this.#countsOf(cluster);
    return counts !== undefined && fresh?.procs.has(proc) === true && proc > counts.through
      ? counts.limits
      : undefined;
  }

  #count(counts: Counts, what: Counted | undefined, by: 1 | -1): void {
    if (what === undefined) return;
    counts.all += by;
    if (what === 'running') counts.running += by;
  }

  #countsOf(cluster: Cluster): Counts | undefined {
    let counts = this.#clusters.get(cluster);
    if (counts === undefined) {
      const limits = materializeLimits(cluster);
      counts = limits === undefined ? 'unlimited' : { limits, running: 0, all: 0, through: -1 };
      this.#clusters.set(cluster, counts);
    }
    return counts === 'unlimited' ? undefined : counts;
  }
}

function countedAs({ state }: Job): Counted | undefined {
  if (isFinal(state)) return undefined;
  return state === 'Running' ? 'running' : 'notRunning';
}

/** The limits of a cluster; undefined if it has none. With a limit below 1 no job would ever start, so 1 is the least. */
export function materializeLimits({ ad }: Pick<Cluster, 'ad'>): MaterializeLimits | undefined {
  const limit = (attribute: string): number | undefined => {
    const text = textNamed(ad, attribute);
    if (text === undefined) return undefined;
    const value = numberIn(text);
    return value === undefined || Number.isNaN(value) ? undefined : Math.max(1, Math.floor(value));
  };
  const notRunning = limit('jobmaterializemaxidle');
  const all = limit('jobmaterializelimit');
  if (notRunning === undefined && all === undefined) return undefined;
  return { notRunning: notRunning ?? Number.POSITIVE_INFINITY, all: all ?? Number.POSITIVE_INFINITY };
}

/** Undefined also for a text of a damaged record: its jobs will be held for that, and nothing else may depend on it. */
function numberIn(text: string): number | undefined {
  try {
    return new ClassAd().set('Limit', parseExpression(text)).evaluateNumber('Limit');
  } catch {
    return undefined;
  }
}

/** How many procs there are up to this number. */
function sizeUpTo(procs: ProcIntervals, through: number): number {
  let size = 0;
  for (const [first, last] of procs.intervals()) {
    if (first > through) break;
    size += Math.min(last, through) - first + 1;
  }
  return size;
}

/** The first procs from this number on, at most so many. */
function firstOf(procs: ProcIntervals, from: number, most: number): Interval[] {
  const found: Interval[] = [];
  let left = most;
  for (const [first, last] of procs.intervals()) {
    if (left <= 0) break;
    if (last < from) continue;
    const begin = Math.max(first, from);
    const end = Math.min(last, begin + left - 1);
    found.push([begin, end]);
    left -= end - begin + 1;
  }
  return found;
}
