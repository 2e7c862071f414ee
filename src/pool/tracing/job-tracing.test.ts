import { describe, expect, it } from 'vitest';
import { printTraceParent } from '#base/trace-parent.ts';
import type { Span, Tracing } from '#telemetry/span.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Job } from '../jobs/job.ts';
import type { Transition } from '../jobs/transition.ts';
import { JobSpans } from './job-spans.ts';
import { JobTraces } from './job-traces.ts';

const brought = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
const queuedAt = 1_700_000_000_000;

function world(sampled = true) {
  const spans: Span[] = [];
  const tracing: Pick<Tracing, 'samples' | 'record'> = {
    samples: (_id, parent) => parent?.sampled ?? sampled,
    record: (span) => void spans.push(span),
  };
  const clock = new ManualClock(queuedAt);
  const traces = new JobTraces(Buffer.from('key'), tracing);
  return { spans, traces, clock, jobs: new JobSpans({ tracing, traces, clock }) };
}

function jobWith(ad: Record<string, string>, state: Job['state'], attempts: object[]): Job {
  const cluster = { id: 7, owner: 'ada', queuedAt, ad };
  return { cluster, proc: 0, attributes: {}, state, epoch: attempts.length, attempts } as unknown as Job;
}

const attempt = (more: object = {}) => ({
  epoch: 1,
  pilot: 'p1',
  pilotUid: 'u1',
  group: 'g',
  claimedAt: queuedAt + 100,
  ...more,
});

const result = {
  outcome: { kind: 'exited', exitCode: 3 },
  endedAt: 0,
  usage: { wallSeconds: 0 },
  outputs: [],
};
const key = { cluster: 7, proc: 0 };
const ended = {
  type: 'end',
  at: queuedAt + 200,
  job: key,
  epoch: 1,
  result,
  next: { state: 'Completed' },
} as unknown as Transition;

describe('the trace of a job', () => {
  it('is the one that its ad brings, however the attribute is spelled', () => {
    const { traces } = world();
    const job = jobWith({ TRACEparent: `"${printTraceParent(brought)}"` }, 'Idle', []);
    expect(traces.parentOf(job)).toEqual(brought);
    expect(traces.jobOf(job)).toMatchObject({ traceId: brought.traceId, sampled: true });
    const own = {
      ...job,
      attributes: { TraceParent: `"${printTraceParent({ ...brought, sampled: false })}"` },
    };
    expect(traces.jobOf(own).sampled).toBe(false);
  });

  it.each(['"x"', 'x', `"${'0'.repeat(1e6)}"`, `"00-${'0'.repeat(32)}-b7ad6b7169203331-01"`])(
    'is a new one if the ad brings nonsense',
    (text) => {
      const { traces } = world();
      const job = jobWith({ TraceParent: text }, 'Idle', []);
      expect(traces.parentOf(job)).toBeUndefined();
      expect(traces.jobOf(job)).toEqual(traces.jobOf(jobWith({}, 'Idle', [])));
    },
  );

  it('is the same in the next life of the pool, another one for each job, and unknown without the key', () => {
    const job = jobWith({}, 'Idle', []);
    const { traces } = world();
    expect(traces.jobOf(job)).toEqual(world().traces.jobOf(job));
    expect(traces.jobOf({ ...job, proc: 1 }).traceId).not.toBe(traces.jobOf(job).traceId);
    const others = new JobTraces(Buffer.from('other'), { samples: () => true });
    expect(others.jobOf(job).traceId).not.toBe(traces.jobOf(job).traceId);
  });
});

describe('the spans of a job', () => {
  it('are below each other, and end when what they are about is durable', async () => {
    const { spans, jobs, clock, traces } = world();
    const job = jobWith({ TraceParent: `"${printTraceParent(brought)}"` }, 'Completed', [
      attempt({ outcome: result.outcome }),
    ]);
    const durable = Promise.withResolvers<void>();
    jobs.recorded(ended, { jobs: [job], fresh: [] }, durable.promise);
    await Promise.resolve();
    expect(spans).toEqual([]);
    clock.advance(300);
    durable.resolve();
    await durable.promise;
    const execution = traces.executionOf(job, { epoch: 1, pilotUid: 'u1' });
    const self = traces.jobOf(job);
    const end = queuedAt + 300;
    expect(spans).toMatchObject([
      { name: 'result', parent: execution, start: queuedAt + 200, end },
      { name: 'execution', self: execution, parent: self, start: queuedAt + 100, end, failure: undefined },
      { name: 'job', self, parent: brought, start: queuedAt, end },
    ]);
  });

  it('tell how long it waited, after its submission and after an execution that was lost', async () => {
    const { spans, jobs } = world();
    const at = queuedAt + 900;
    const claim = { type: 'claim', at, job: key } as unknown as Transition;
    jobs.recorded(claim, { jobs: [jobWith({}, 'Running', [attempt()])], fresh: [] }, Promise.resolve());
    const again = [attempt({ endedAt: queuedAt + 500 }), attempt({ epoch: 2 })];
    jobs.recorded(claim, { jobs: [jobWith({}, 'Running', again)], fresh: [] }, Promise.resolve());
    await Promise.resolve();
    expect(spans.map(({ name, start, end }) => [name, start, end])).toEqual([
      ['match', queuedAt, at],
      ['match', queuedAt + 500, at],
    ]);
  });

  it('say that an execution was lost; the job goes on', async () => {
    const { spans, jobs } = world();
    const lost = { type: 'lost', at: 1, job: key, epoch: 1, reason: 'gone' } as Transition;
    const job = jobWith({}, 'Idle', [attempt({ reason: 'gone' })]);
    jobs.recorded(lost, { jobs: [job], fresh: [] }, Promise.resolve());
    await Promise.resolve();
    expect(spans).toMatchObject([{ name: 'execution', failure: 'gone' }]);
  });

  it('are none for a trace that nobody records', async () => {
    const { spans, jobs } = world(false);
    const job = jobWith({}, 'Completed', [attempt({ outcome: result.outcome })]);
    jobs.recorded(ended, { jobs: [job], fresh: [] }, Promise.resolve());
    await Promise.resolve();
    expect(spans).toEqual([]);
  });
});
