import type { Clock } from '#base/clock.ts';
import { childOf, type Span, type Tracing } from '#telemetry/span.ts';
import type { Attempt } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';
import { type Job, jobName } from '../jobs/job.ts';
import { isFinal } from '../jobs/job-state.ts';
import type { Transition } from '../jobs/transition.ts';
import type { Changed } from '../queue/changed.ts';
import type { JobTraces } from './job-traces.ts';

interface JobSpansOptions {
  readonly tracing: Pick<Tracing, 'record'>;
  readonly traces: JobTraces;
  readonly clock: Pick<Clock, 'wall'>;
}

type Of<Type extends Transition['type']> = Extract<Transition, { type: Type }>;

/**
 * The pool's spans of a job, made when they are over from what the pool has recorded anyway:
 *
 * | span        | below       | from                                           | to                                |
 * |-------------|-------------|------------------------------------------------|-----------------------------------|
 * | `job`       | `submit`    | the submission                                 | the durable record of the job's end |
 * | `match`     | `job`       | the submission, or the end of the last execution | the claim                       |
 * | `execution` | `job`       | the claim                                      | the durable record of its end     |
 * | `result`    | `execution` | the report of the pilot                        | the durable record of it          |
 *
 * A job that is removed before it was ever claimed leaves none: nothing has happened to it.
 */
export class JobSpans {
  readonly #options: JobSpansOptions;

  constructor(options: JobSpansOptions) {
    this.#options = options;
  }

  /** @param durable when the transition is on the disk: spans end with that */
  recorded(transition: Transition, { jobs: [job] }: Changed, durable: Promise<void>): void {
    if (job === undefined) return;
    const spans = this.#spansOf(transition, job);
    if (spans.length === 0) return;
    const { tracing, clock } = this.#options;
    // It never rejects: while the store is broken, it waits.
    void durable.then(() => {
      const end = clock.wall();
      for (const span of spans) tracing.record({ end, ...span });
    });
  }

  /** What the transition ends; without an `end`, it is over when that is durable. */
  #spansOf(transition: Transition, job: Job): Unended[] {
    switch (transition.type) {
      case 'claim':
        return this.#matched(transition, job);
      case 'end':
      case 'over':
      case 'lost':
        return [...this.#executed(transition, job), ...this.#ended(job)];
      case 'remove':
        return this.#ended(job);
      default:
        return [];
    }
  }

  #matched({ at }: Of<'claim'>, job: Job): Unended[] {
    const self = this.#options.traces.jobOf(job);
    if (!self.sampled) return [];
    const before = job.attempts.at(-2);
    const start = before === undefined ? job.cluster.queuedAt : (before.endedAt ?? at);
    return [{ name: 'match', self: childOf(self), parent: self, start, end: at, attributes: namesOf(job) }];
  }

  #executed(transition: Of<'end' | 'over' | 'lost'>, job: Job): Unended[] {
    const { at, epoch, type } = transition;
    const attempt = job.attempts.find((each) => each.epoch === epoch);
    const parent = this.#options.traces.jobOf(job);
    if (!parent.sampled || attempt === undefined) return [];
    const self = this.#options.traces.executionOf(job, attempt);
    const attributes = { ...namesOf(job), ...attemptNames(attempt) };
    const failure = failureOf(attempt);
    const result: Unended = { name: 'result', self: childOf(self), parent: self, start: at, attributes };
    const hasResult = type !== 'lost' && transition.result !== undefined;
    return [
      ...(hasResult ? [result] : []),
      { name: 'execution', self, parent, start: attempt.claimedAt, attributes, failure },
    ];
  }

  #ended(job: Job): Unended[] {
    if (!isFinal(job.state) || job.claim !== undefined || job.attempts.length === 0) return [];
    const parent = this.#options.traces.parentOf(job);
    const self = this.#options.traces.jobOf(job, parent);
    if (!self.sampled) return [];
    const attributes = {
      ...namesOf(job),
      'glidein.owner': job.cluster.owner,
      'glidein.executions': job.epoch,
    };
    const failure = job.state === 'Removed' ? (job.removeReason ?? 'removed') : undefined;
    return [
      { name: 'job', kind: 'consumer', self, parent, start: job.cluster.queuedAt, attributes, failure },
    ];
  }
}

type Unended = Omit<Span, 'end'> & Partial<Pick<Span, 'end'>>;

const namesOf = (job: Job) => ({ 'glidein.job': jobName(job) });

const attemptNames = ({ epoch, pilot, group }: Attempt) => ({
  'glidein.epoch': epoch,
  'glidein.pilot': pilot,
  'glidein.group': group,
});

/** A job that ran to its end has not failed, whatever its exit code: only its owner knows what that means. */
function failureOf({ outcome, reason }: Attempt): string | undefined {
  if (outcome === undefined) return reason ?? 'nothing is known of its end';
  return isOrderly(outcome) ? undefined : (reason ?? outcome.kind);
}

const isOrderly = ({ kind }: Outcome): boolean => kind === 'exited' || kind === 'signalled';
