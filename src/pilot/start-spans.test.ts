import { expect, it } from 'vitest';
import type { Span, Tracing } from '#telemetry/span.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { StartSpans } from './start-spans.ts';

function world() {
  const spans: Span[] = [];
  const tracing: Tracing = {
    samples: (_id, parent) => parent?.sampled ?? true,
    record: (span) => void spans.push(span),
    close: async () => {},
  };
  const clock = new ManualClock(1000);
  const pod = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
  const start = new StartSpans({ tracing, parent: pod, clock, begun: 900, pilot: 'p1', group: 'g' });
  return { spans, clock, pod, start };
}

it('the start of a pilot belongs to its pod, and is over when the pool knows the pilot', async () => {
  const { spans, clock, pod, start } = world();
  await start.step('probe', Promise.resolve());
  clock.advance(50);
  start.registered();
  start.registered();
  start.left('idle');
  expect(spans).toMatchObject([
    { name: 'probe', parent: start.self, start: 1000, end: 1000 },
    { name: 'register', parent: start.self, start: 1000, end: 1050 },
    { name: 'pilot start', self: start.self, parent: pod, start: 900, end: 1050, failure: undefined },
  ]);
});

it('a pilot that never registered has failed to start', async () => {
  const { spans, start } = world();
  await expect(start.step('probe', Promise.reject(new Error('no apptainer')))).rejects.toThrow();
  start.left('no apptainer');
  expect(spans.map(({ name, failure }) => [name, failure])).toEqual([
    ['probe', undefined],
    ['pilot start', 'no apptainer'],
  ]);
});
