import { expect, it } from 'vitest';
import { printTraceParent } from '#base/trace-parent.ts';
import type { Span } from '#telemetry/span.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { PayloadSpans } from './payload-spans.ts';

const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
const pilot = { traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331', sampled: true };
const trace = printTraceParent(parent);

function world(start: { trace?: string; ad?: Record<string, string> }) {
  const spans: Span[] = [];
  const clock = new ManualClock(1000);
  const traces = { tracing: { record: (span: Span) => void spans.push(span) }, self: pilot };
  const made = new PayloadSpans({ job: '7.0', ad: {}, ...start }, { traces, clock });
  return { spans, clock, made };
}

it('a payload belongs to the execution that the pool names, is linked to its pilot, and its steps are below it', async () => {
  const { spans, clock, made } = world({ trace });
  await made.step('stage in', Promise.resolve());
  const execution = {
    startedAt: 1500,
    run: async () => {
      clock.advance(1000);
      return { kind: 'exited', exitCode: 3 } as const;
    },
  };
  made.ended(await made.executing(execution));
  const self = spans.find(({ name }) => name === 'payload')?.self;
  expect(spans).toMatchObject([
    { name: 'stage in', parent: self, start: 1000, end: 1000 },
    { name: 'start container', parent: self, start: 1000, end: 1500 },
    { name: 'run', parent: self, start: 1500, end: 2000 },
    {
      name: 'payload',
      parent,
      links: [pilot],
      start: 1000,
      end: 2000,
      attributes: { 'glidein.job': '7.0', 'process.exit.code': 3 },
    },
  ]);
  expect(made.traceParent).toBe(self && printTraceParent(self));
  expect(made.traceId).toBe(parent.traceId);
});

it('what fails is marked', async () => {
  const { spans, made } = world({ trace });
  await expect(made.step('stage in', Promise.reject(new Error('no')))).rejects.toThrow('no');
  const failed = { startedAt: undefined, run: () => Promise.reject(new Error('no container')) };
  await expect(made.executing(failed)).rejects.toThrow('no container');
  made.ended(undefined);
  expect(spans.map(({ name, failure }) => [name, failure])).toEqual([
    ['stage in', 'failed'],
    ['start container', 'failed'],
    ['payload', 'abandoned'],
  ]);
});

it('a pilot that makes no spans hands on what the submitter brought', async () => {
  const clock = new ManualClock();
  const ad = { traceparent: `"${trace}"` };
  const made = new PayloadSpans({ job: '7.0', ad }, { clock });
  expect(made.traceParent).toBe(trace);
  made.ended(undefined);
});

it.each([undefined, 'x', '0'.repeat(1000)])(
  'without a trace, or with %j, there are no spans',
  async (text) => {
    const { spans, made } = world(text === undefined ? {} : { trace: text, ad: { TraceParent: text } });
    await made.step('stage in', Promise.resolve());
    made.ended({ kind: 'exited', exitCode: 0 });
    expect([made.traceParent, made.traceId, spans]).toEqual([undefined, undefined, []]);
  },
);
