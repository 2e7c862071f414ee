import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTraceParent, printTraceParent, traceParentIn } from './trace-parent.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

describe('a traceparent', () => {
  it('is read as the standard says', () => {
    expect(parseTraceParent(`00-${trace}-${span}-01`)).toEqual({
      traceId: trace,
      spanId: span,
      sampled: true,
    });
    expect(parseTraceParent(`00-${trace}-${span}-00`)?.sampled).toBe(false);
  });

  it('may be of a later version, which has more fields, and flags that nobody knows yet', () => {
    expect(parseTraceParent(`cc-${trace}-${span}-fb-what-comes`)).toMatchObject({ sampled: true });
  });

  it.each([
    '',
    'x',
    `ff-${trace}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace}-${span}-1`,
    ` 00-${trace}-${span}-01`,
    `00-${trace}-${span}-01\n`,
    `01-${trace}-${span}-01-${'a'.repeat(100)}`,
  ])('%j is none', (text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });

  it('is printed so that it is read again', () => {
    const hex = (length: number) =>
      fc
        .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
        .map((digits) => digits.map((digit) => digit.toString(16)).join(''))
        .filter((digits) => /[^0]/.test(digits));
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        const parent = { traceId, spanId, sampled };
        expect(parseTraceParent(printTraceParent(parent))).toEqual(parent);
      }),
    );
  });

  it('is read from an attribute that is a string, and from nothing else', () => {
    expect(traceParentIn(`"00-${trace}-${span}-01"`)?.traceId).toBe(trace);
    expect(traceParentIn(`00-${trace}-${span}-01`)).toBeUndefined();
    expect(traceParentIn('strcat("00-", x)')).toBeUndefined();
    expect(traceParentIn('"')).toBeUndefined();
    expect(traceParentIn(undefined)).toBeUndefined();
  });
});
