import { Counter, Histogram, type Registry } from 'prom-client';
import type { Transition } from '../jobs/transition.ts';
import type { Changed } from '../queue/changed.ts';

/** Seconds, up to a week. */
const buckets = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800];

/**
 * Metrics about how executions and jobs end, and how long jobs wait for their first claim. All label values come from this
 * file: no job, user or reason is named.
 */
export class JobMetrics {
  readonly #ends: Counter<'outcome'>;
  readonly #waits: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#ends = new Counter({
      name: 'glidein_pool_job_outcomes_total',
      help: 'Completed, Requeued, Held, Vacated and Lost executions, and Removed jobs, since this process began.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['Completed', 'Requeued', 'Held', 'Vacated', 'Lost', 'Removed'])
      this.#ends.inc({ outcome }, 0);
    this.#waits = new Histogram({
      name: 'glidein_pool_job_wait_seconds',
      help: 'Time from the submission of a job to its first claim.',
      buckets,
      registers,
    });
  }

  /** How many executions have ended in which way, and how long jobs waited for their first claim. */
  async counts(): Promise<JobCounts> {
    const [ends, waits] = await Promise.all([this.#ends.get(), this.#waits.get()]);
    const { count, sum } = totalsOf(waits.values);
    return {
      ends: Object.fromEntries(ends.values.map(({ labels, value }) => [labels.outcome ?? '', value])),
      firstStarts: count,
      waitedSeconds: sum,
    };
  }

  /** Counts a new transition, with what it changed: one job, or the fresh procs of a cluster. */
  recorded(transition: Transition, { jobs: [job], fresh: [fresh] }: Changed): void {
    if (transition.type === 'claim' && job?.epoch === 1) {
      this.#waits.observe(Math.max(0, transition.at - job.cluster.queuedAt) / 1000);
    }
    const outcome = outcomeOf(transition);
    if (outcome !== undefined) this.#ends.inc({ outcome }, job === undefined ? (fresh?.procs.size ?? 0) : 1);
  }
}

/** Since this process began. */
export interface JobCounts {
  readonly ends: Record<string, number>;
  readonly firstStarts: number;
  readonly waitedSeconds: number;
}

/** How many values a histogram has observed, and their sum. */
export function totalsOf(
  values: readonly { readonly metricName?: string | undefined; readonly value: number }[],
): { readonly count: number; readonly sum: number } {
  const valueWith = (suffix: string): number =>
    values.find(({ metricName }) => metricName?.endsWith(suffix) === true)?.value ?? 0;
  return { count: valueWith('_count'), sum: valueWith('_sum') };
}

/** The outcome by the type of the transition; undefined if it ends no execution, or if the type alone does not tell. */
const byType: Record<Transition['type'], string | undefined> = {
  submit: undefined,
  claim: undefined,
  start: undefined,
  end: undefined,
  lost: 'Lost',
  over: undefined,
  restored: undefined,
  late: undefined,
  checkpoint: undefined,
  remove: 'Removed',
  hold: 'Held',
  vacate: 'Vacated',
  leave: undefined,
  release: undefined,
  prio: undefined,
};

function outcomeOf(transition: Transition): string | undefined {
  if (transition.type !== 'end') return byType[transition.type];
  return transition.next.state === 'Idle' ? 'Requeued' : transition.next.state;
}
