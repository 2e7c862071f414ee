import { describe, expect, test } from 'vitest';
import { errorValue, isError, type Value } from '../value.ts';
import { and, condition, not, or } from './logic.ts';

const values: Readonly<Record<string, Value>> = { F: false, T: true, U: undefined, E: errorValue('x') };

function letter(value: Value): string {
  if (isError(value)) return 'E';
  if (value === undefined) return 'U';
  return value === true ? 'T' : 'F';
}

/** Rows: the left operand F, T, U, E; columns: the right one. */
function table(operator: typeof and): string[] {
  const letters = Object.keys(values);
  return letters.map((left) =>
    letters.map((right) => letter(operator(condition(values[left]), () => values[right]))).join(''),
  );
}

describe('three-valued logic with errors', () => {
  test('and', () => expect(table(and)).toEqual(['FFFF', 'FTUE', 'FUUE', 'EEEE']));
  test('or', () => expect(table(or)).toEqual(['FTUE', 'TTTT', 'UTUE', 'EEEE']));
  test('not', () =>
    expect(
      Object.values(values)
        .map((value) => letter(not(value)))
        .join(''),
    ).toBe('TFUE'));

  test('the right side is not looked at when the left decides', () => {
    const never = (): Value => {
      throw new Error('evaluated');
    };
    expect(and(false, never)).toBe(false);
    expect(or(true, never)).toBe(true);
  });
});
