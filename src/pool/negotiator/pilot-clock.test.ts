import { expect, it } from 'vitest';
import { timesWithin } from './pilot-clock.ts';

const span = { from: 1000, to: 9000 };

it.each([
  [
    { startedAt: 2000, endedAt: 8000 },
    { startedAt: 2000, endedAt: 8000 },
  ],
  [{ endedAt: 8000 }, { endedAt: 8000 }],
  [
    { startedAt: -500_000, endedAt: -497_000 },
    { startedAt: 1000, endedAt: 4000 },
  ],
  [
    { startedAt: 500_000, endedAt: 503_000 },
    { startedAt: 6000, endedAt: 9000 },
  ],
  [{ endedAt: -1 }, { endedAt: 1000 }],
  [
    { startedAt: -5000, endedAt: 20_000 },
    { startedAt: 1000, endedAt: 9000 },
  ],
])('an execution that a pilot tells of as %j was %j by the clock of the pool', (told, known) => {
  expect(timesWithin(told, span)).toEqual(known);
});
