import { expect, it } from 'vitest';
import type { DemandAnswer } from '#backend/pool.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { askedNow } from '#testing/pool-answers.ts';
import { DemandBoard } from './demand-board.ts';

const demand = (version: number, known = true): DemandAnswer => ({
  version,
  known,
  autoclusters: [],
  pilots: [],
  missing: [],
});

it('the demand board counts for how long a pool has not answered, and tells of every change', () => {
  const clock = new ManualClock();
  const board = new DemandBoard(clock);
  const news: string[] = [];
  board.onNews((pool) => news.push(pool));
  board.latest('ns/p');
  clock.advance(5000);
  expect(board.latest('ns/p')).toMatchObject({ known: false, forSeconds: 5, last: undefined });
  board.answered('ns/p', demand(1), askedNow(clock));
  expect(board.latest('ns/p')).toMatchObject({ known: true });
  board.failed('ns/p', 'away');
  clock.advance(2000);
  board.answered('ns/p', demand(3, false), askedNow(clock));
  expect(board.latest('ns/p')).toMatchObject({ known: false, forSeconds: 2 });
  board.answered('ns/p', demand(4), askedNow(clock));
  expect(board.latest('ns/p')).toMatchObject({ known: true });
  expect(board.latest('ns/q').known).toBe(false);
  expect(news).toHaveLength(4);
});

it('what a pool said in one term is not known in the next', () => {
  const clock = new ManualClock();
  const board = new DemandBoard(clock);
  board.answered('ns/p', demand(1), askedNow(clock));
  board.clear();
  expect(board.latest('ns/p')).toMatchObject({
    known: false,
    reason: 'the pool has not been asked yet',
    last: undefined,
  });
});
