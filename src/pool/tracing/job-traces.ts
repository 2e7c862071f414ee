import { createHmac } from 'node:crypto';
import { type TraceParent, traceAttribute, traceParentIn } from '#base/trace-parent.ts';
import type { Tracing } from '#telemetry/span.ts';
import { textNamed } from '#wire/ad-texts.ts';
import type { Attempt } from '#wire/jobs.ts';
import type { Job } from '../jobs/job.ts';

/** The parts of a job that tell its trace. */
export type TracedJob = Pick<Job, 'proc' | 'attributes'> & {
  readonly cluster: Pick<Job['cluster'], 'id' | 'queuedAt' | 'ad'>;
};

const attributeName = traceAttribute.toLowerCase();

/**
 * Which trace a job belongs to, and which spans of it stand for the job and for each of its executions.
 *
 * Nothing of this is stored: the same job has the same spans in every life of the pool, so what began before a restart and what
 * ends after it belong together. Without the key of the pool nobody can tell them beforehand.
 */
export class JobTraces {
  readonly #key: Uint8Array;
  readonly #tracing: Pick<Tracing, 'samples'>;

  constructor(key: Uint8Array, tracing: Pick<Tracing, 'samples'>) {
    this.#key = key;
    this.#tracing = tracing;
  }

  /** What the submitter brought. Undefined: nothing, or nothing that can be understood. */
  parentOf({ attributes, cluster }: TracedJob): TraceParent | undefined {
    return traceParentIn(textNamed(attributes, attributeName) ?? textNamed(cluster.ad, attributeName));
  }

  /** The span from the submission of the job to its end. */
  jobOf(job: TracedJob, parent: TraceParent | undefined = this.parentOf(job)): TraceParent {
    const name = nameOf(job);
    const traceId = parent?.traceId ?? this.#digits(`trace ${name}`, 32);
    return {
      traceId,
      spanId: this.#digits(`job ${name}`, 16),
      sampled: this.#tracing.samples(traceId, parent),
    };
  }

  /** The span from a claim to its result: what the pilot gets as its parent. */
  executionOf(job: TracedJob, { epoch, pilotUid }: Pick<Attempt, 'epoch' | 'pilotUid'>): TraceParent {
    const spanId = this.#digits(`execution ${nameOf(job)} ${epoch} ${pilotUid}`, 16);
    return { ...this.jobOf(job), spanId };
  }

  #digits(text: string, count: number): string {
    return createHmac('sha256', this.#key).update(text).digest('hex').slice(0, count);
  }
}

/** When it was queued is part of it: a database that was put back gives numbers again. */
const nameOf = ({ cluster, proc }: TracedJob): string => `${cluster.id}.${proc} ${cluster.queuedAt}`;
