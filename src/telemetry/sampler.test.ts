import { expect, it } from 'vitest';
import { samplerOf } from './sampler.ts';
import { newTraceId } from './span.ts';

const parent = (sampled: boolean) => ({ traceId: newTraceId(), spanId: 'b7ad6b7169203331', sampled });

it.each([
  ['always_on', [true, true, true]],
  ['always_off', [false, false, false]],
  ['parentbased_always_on', [true, true, false]],
  ['parentbased_always_off', [false, true, false]],
  [undefined, [true, true, false]],
])(
  'the sampler %s records new traces, those of recorded and those of other parents: %j',
  (name, expected) => {
    const sampler = samplerOf({ OTEL_TRACES_SAMPLER: name });
    const id = newTraceId();
    expect([undefined, parent(true), parent(false)].map((each) => sampler(id, each))).toEqual(expected);
  },
);

it('a share of traces is the same share for everybody, and nothing and everything are shares', () => {
  const share = (ratio: string, name = 'traceidratio') =>
    samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio });
  const ids = Array.from({ length: 4000 }, newTraceId);
  const [some, more] = [share('0.25'), share('0.5', 'parentbased_traceidratio')];
  const taken = ids.filter((id) => some(id, undefined));
  expect(taken.length).toBeGreaterThan(800);
  expect(taken.length).toBeLessThan(1200);
  expect(taken.every((id) => more(id, undefined))).toBe(true);
  expect(ids.some((id) => share('0')(id, undefined))).toBe(false);
  expect(ids.every((id) => share('1')(id, undefined))).toBe(true);
});

it.each(['2', '-1', 'x', ' '])('the share %j is refused', (ratio) => {
  expect(() => samplerOf({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio })).toThrow(
    expect.objectContaining({ code: 'InvalidArgument', cure: 'write a number from 0 to 1' }),
  );
});
