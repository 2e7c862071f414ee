import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integer, type Value } from '../value.ts';
import { arithmetic } from './arithmetic.ts';
import { compare } from './comparison.ts';

const anyInteger = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(integer),
);

function big(value: Value): bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new Error('no integer');
  if (typeof value === 'number') expect(Object.is(value, -0)).toBe(false);
  else expect(Number.isSafeInteger(Number(value))).toBe(false);
  return BigInt(value);
}

describe('integers', () => {
  test('add, subtract and multiply exactly, modulo 2^64, in their one representation', () => {
    fc.assert(
      fc.property(anyInteger, anyInteger, (a, b) => {
        expect(big(arithmetic('+', a, b))).toBe(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
        expect(big(arithmetic('-', a, b))).toBe(BigInt.asIntN(64, BigInt(a) - BigInt(b)));
        expect(big(arithmetic('*', a, b))).toBe(BigInt.asIntN(64, BigInt(a) * BigInt(b)));
      }),
    );
  });

  test('quotient and remainder make up the dividend', () => {
    fc.assert(
      fc.property(anyInteger, anyInteger, (a, b) => {
        fc.pre(BigInt(b) !== 0n && !(BigInt(a) === -(2n ** 63n) && BigInt(b) === -1n));
        const quotient = big(arithmetic('/', a, b));
        expect(quotient * BigInt(b) + big(arithmetic('%', a, b))).toBe(BigInt(a));
      }),
    );
  });

  test('compare by their exact value', () => {
    fc.assert(
      fc.property(anyInteger, anyInteger, (a, b) => {
        expect(compare('<', a, b)).toBe(BigInt(a) < BigInt(b));
        expect(compare('==', a, b)).toBe(BigInt(a) === BigInt(b));
      }),
    );
  });
});
