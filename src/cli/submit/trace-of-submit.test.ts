import { expect, it } from 'vitest';
import type { Span, Tracing } from '#telemetry/span.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Terminal } from '../terminal.ts';
import { checkTraceParents, TraceOfSubmit } from './trace-of-submit.ts';

const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
const text = `00-${parent.traceId}-${parent.spanId}-01`;
const request = { key: 'k', cluster: { Cmd: '"a"' }, procs: [] };

async function begin(
  environment: Record<string, string>,
  { cluster = {}, isTraced = false }: { cluster?: Record<string, string>; isTraced?: boolean } = {},
) {
  const spans: Span[] = [];
  const notes: string[] = [];
  const tracing: Tracing = {
    samples: (_id, before) => before?.sampled ?? true,
    record: (span) => void spans.push(span),
    close: async () => {},
  };
  const terminal = {
    environment,
    err: { write: (line: string) => notes.push(line) },
  } as unknown as Terminal;
  const trace = await TraceOfSubmit.begin({
    description: { cluster, procs: [] },
    terminal,
    clock: new ManualClock(1000),
    open: async () => (isTraced ? tracing : undefined),
  });
  return { trace, spans, notes };
}

it('jobs go on with the trace of TRACEPARENT, also if this command makes no spans', async () => {
  const { trace } = await begin({ TRACEPARENT: text });
  expect(trace.marked(request).cluster).toEqual({ Cmd: '"a"', TraceParent: `"${text}"` });
});

it('jobs have no trace of this command if there is none', async () => {
  const { trace } = await begin({});
  expect(trace.marked(request)).toBe(request);
  await trace.end();
});

it('a TRACEPARENT that is none is ignored, and that is said', async () => {
  const { trace, notes } = await begin({ TRACEPARENT: 'nonsense' });
  expect(trace.marked(request)).toBe(request);
  expect(notes).toEqual([
    'warning: TRACEPARENT is no traceparent of W3C Trace Context and is ignored: nonsense\n',
  ]);
});

it('the span of a submission stands between what submits and its jobs', async () => {
  const { trace, spans } = await begin({ TRACEPARENT: text }, { isTraced: true });
  const { TraceParent } = trace.marked(request).cluster;
  trace.queued(7, 3);
  await trace.end();
  expect(spans).toMatchObject([
    { name: 'submit', kind: 'producer', parent, attributes: { 'glidein.cluster': 7, 'glidein.jobs': 3 } },
  ]);
  const [{ self } = { self: parent }] = spans;
  expect(TraceParent).toBe(`"00-${parent.traceId}-${self.spanId}-01"`);
});

it('a submission that fails has a failed span', async () => {
  const { trace, spans } = await begin({}, { isTraced: true });
  await trace.end();
  expect(spans).toMatchObject([{ name: 'submit', parent: undefined, failure: 'not queued' }]);
});

it('the trace of a submit file is the last word', async () => {
  const cluster = { traceparent: `"${text}"` };
  const { trace, spans } = await begin({ TRACEPARENT: 'nonsense' }, { cluster, isTraced: true });
  expect(trace.marked(request)).toBe(request);
  await trace.end();
  expect(spans).toEqual([]);
});

it('a submit file may bring a trace for each job, or leave it undefined, but nothing else', () => {
  const proc = (TraceParent: string) => ({ attributes: { TraceParent }, inputs: [] });
  checkTraceParents({ cluster: { TraceParent: 'undefined' }, procs: [proc(`"${text}"`)] });
  for (const wrong of ['"x"', '1', `strcat("${text}")`])
    expect(() => checkTraceParents({ cluster: {}, procs: [proc(`"${text}"`), proc(wrong)] })).toThrow(
      expect.objectContaining({ code: 'InvalidSubmitFile', cure: expect.stringContaining('+TraceParent') }),
    );
});
