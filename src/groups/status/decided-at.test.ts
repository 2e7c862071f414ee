import { expect, it } from 'vitest';
import { decidedAt } from './decided-at.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

it('a decision whose durations alone have changed is rewritten only once a minute', () => {
  const before = { decision: 'Demand is unknown for 10s (away)', decidedAt: at(0) };
  expect(decidedAt('Demand is unknown for 1m5s (away)', before, at(55))).toEqual(before);
  const after = { decision: 'Demand is unknown for 1m10s (away)', decidedAt: at(61) };
  expect(decidedAt(after.decision, before, at(61))).toEqual(after);
});

it('a new decision is dated now, and an old one keeps its date', () => {
  const before = { decision: '3 jobs wait: 3 more pilots', decidedAt: at(0) };
  expect(decidedAt('4 jobs wait: 3 more pilots', before, at(1)).decidedAt).toBe(at(1));
  expect(decidedAt(before.decision, before, at(100))).toEqual(before);
  expect(decidedAt('x', {}, at(5))).toEqual({ decision: 'x', decidedAt: at(5) });
});
