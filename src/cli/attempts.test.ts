import { expect, it } from 'vitest';
import { attemptTable } from './attempts.ts';

const attempt = {
  epoch: 1,
  pilot: 'p',
  pilotUid: 'u',
  group: 'g',
  claimedAt: 0,
  startedAt: 0,
  endedAt: 1000,
};
const view = (reason: string, more: object = {}) => ({
  id: '1.0',
  ad: {},
  outputs: [],
  attempts: [{ ...attempt, outcome: { kind: 'stopped' as const, reason: 'end of life' }, reason }],
  ...more,
});

it('an attempt whose reason quotes its outcome shows the outcome only once', () => {
  expect(attemptTable(view('end of life'), { wide: false, colour: false })).toMatch(/ end of life$/);
  expect(attemptTable(view('end of life: it ran for 12s'), { wide: false, colour: false })).toMatch(
    /1s +end of life: it ran for 12s$/,
  );
  expect(attemptTable(view('held'), { wide: false, colour: false })).toMatch(/end of life; held$/);
});

it('files that did not come back are named below the table of attempts', () => {
  const left = [{ name: 'a\nb', reason: 'its target does not exist' }];
  expect(attemptTable(view('held', { left }), { wide: false, colour: false })).toMatch(
    /\n1.0: a b did not come back: its target does not exist$/,
  );
});
