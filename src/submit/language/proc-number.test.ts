import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpression } from '#classad/parser.ts';
import { fitsEveryProc, substituteProc } from './proc-number.ts';

describe('the number of a proc in an expression', () => {
  it.each([
    '$(ProcId)',
    '-$(ProcId)',
    '2*$(ProcId)+$(ProcId)',
    '"a$(ProcId)b $(ProcId)"',
    '"\\\\$(ProcId)"',
    '"\\101$(ProcId)"',
    'strcat("x", $(ProcId)) == "x1"',
    '{ $(ProcId), [ a = $(ProcId) ] }',
    '$(ClusterId) + $(ProcId)',
    'true',
  ])('may stand where every number is valid: %s', (text) => {
    expect(fitsEveryProc(text)).toBe(true);
  });

  it.each([
    '1$(ProcId)',
    '$(ProcId)1',
    '$(ProcId)$(ProcId)',
    '1.$(ProcId)',
    '1e$(ProcId)',
    'x$(ProcId)',
    "'x$(ProcId)'",
    '"\\$(ProcId)"',
    '"\\01$(ProcId)"',
    'a.b$(ProcId)',
    '1 // $(ProcId)',
  ])('may not stand where some number would change what the text means: %s', (text) => {
    expect(fitsEveryProc(text)).toBe(false);
  });

  it('leaves a text that fits an expression, whatever the number', () => {
    const piece = fc.constantFrom(
      '$(ProcId)',
      '"',
      '\\',
      '0',
      '1',
      '8',
      '.',
      'e',
      'x',
      ' ',
      '+',
      '-',
      '(',
      ')',
      '/',
      '*',
      "'",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(999_999_999), (pieces, proc) => {
        const text = pieces.join('');
        let fits = false;
        try {
          fits = fitsEveryProc(text);
        } catch {
          // It is no expression with any number.
        }
        fc.pre(fits);
        expect(() => parseExpression(substituteProc(text, proc))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
