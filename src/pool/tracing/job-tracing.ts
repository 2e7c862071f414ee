import type { Clock } from '#base/clock.ts';
import { printTraceParent } from '#base/trace-parent.ts';
import type { Tracing } from '#telemetry/span.ts';
import type { Claimed, Job } from '../jobs/job.ts';
import { JobSpans } from './job-spans.ts';
import { JobTraces } from './job-traces.ts';

/** How the pool's other parts meet tracing: what is recorded becomes spans, and each claim has a span that its pilot is told. */
export interface JobTracing {
  readonly recorded: JobSpans['recorded'];
  readonly traceOf: (job: Claimed) => string;
  /** For lines of the log. */
  readonly traceIdOf: (job: Job) => string;
}

/** @param key the secret of the pool: spans are derived from it */
export function jobTracing(tracing: Tracing, key: Uint8Array, clock: Clock): JobTracing {
  const traces = new JobTraces(key, tracing);
  const spans = new JobSpans({ tracing, traces, clock });
  return {
    traceIdOf: (job) => traces.jobOf(job).traceId,
    recorded: (...recorded) => spans.recorded(...recorded),
    traceOf: (job) =>
      printTraceParent(traces.executionOf(job, { epoch: job.claim.ref.epoch, pilotUid: job.claim.pilotUid })),
  };
}
