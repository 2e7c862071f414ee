import { expect, it } from 'vitest';
import type { Decision } from '#pressure/decision.ts';
import { withStreaksOf } from './streaks.ts';

const decision = (surplusFor: Record<string, number>): Decision => ({
  groups: [],
  unrunnable: [],
  waiting: 0,
  surplusFor,
  came: new Map(),
});

it('keeps counts of pilots that are still superfluous, and forgets the others', () => {
  const before = new Map([['ns/p', decision({ a: 2, b: 5 })]]);
  const decided = new Map([['ns/p', decision({ a: 3, c: 1 })]]);
  expect(withStreaksOf(before, decided).get('ns/p')?.surplusFor).toEqual({ a: 2, c: 0 });
});
