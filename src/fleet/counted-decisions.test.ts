import { expect, it } from 'vitest';
import type { Decision } from '#pressure/decision.ts';
import { countDecisions } from './counted-decisions.ts';

const decision = (surplusFor: Record<string, number>): Decision => ({
  groups: [],
  unrunnable: [],
  waiting: 0,
  surplusFor,
  came: new Map(),
});

const only = (surplusFor: Record<string, number>) => new Map([['ns/p', decision(surplusFor)]]);

it('decisions within one interval do not count twice towards the removal of a pilot', () => {
  const first = countDecisions(undefined, only({ a: 1 }), 0, 1000);
  const soon = countDecisions(first, only({ a: 2, c: 1 }), 500, 1000);
  expect(soon.decisions.get('ns/p')?.surplusFor).toEqual({ a: 1, c: 0 });
  const next = countDecisions(soon, only({ a: 2, c: 1 }), 1000, 1000);
  expect(next.decisions.get('ns/p')?.surplusFor).toEqual({ a: 2, c: 1 });
});

it('a pilot that was needed in between begins to count anew', () => {
  const first = countDecisions(undefined, only({ a: 2, b: 5 }), 0, 1000);
  const soon = countDecisions(first, only({ a: 3 }), 500, 1000);
  expect(soon.decisions.get('ns/p')?.surplusFor).toEqual({ a: 2 });
});
