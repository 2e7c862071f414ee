import { expect, it } from 'vitest';
import type { PoolDemand } from '#backend/pool.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { DemandBoard } from './demand-board.ts';
import { Graveyard } from './graveyard.ts';

const demand = (version: number, known = true): PoolDemand => ({
  version,
  known,
  waiting: [],
  pilots: [],
  missing: [],
});

it('counts from when a pool answers, and from when it does not', () => {
  const clock = new ManualClock();
  const board = new DemandBoard(clock);
  const news: string[] = [];
  board.onNews((pool) => news.push(pool));
  clock.advance(5000);
  expect(board.heard('ns/p')).toMatchObject({ known: false, forSeconds: 5, last: undefined });
  board.answered('ns/p', demand(1));
  clock.advance(3000);
  board.answered('ns/p', demand(2));
  clock.advance(1000);
  expect(board.heard('ns/p')).toMatchObject({ known: true, answersFor: 4000, last: { version: 2 } });
  board.failed('ns/p', 'away');
  clock.advance(2000);
  board.answered('ns/p', demand(3, false));
  expect(board.heard('ns/p')).toMatchObject({ known: false, forSeconds: 2, last: { version: 2 } });
  board.answered('ns/p', demand(4));
  expect(board.heard('ns/p')).toMatchObject({ known: true, answersFor: 0 });
  expect(news).toHaveLength(5);
});

it('reports a death once, and again when the pool asks', () => {
  const graves = new Graveyard();
  graves.bury('u1', 'ns/p', 'ended');
  graves.bury('u1', 'ns/p', 'seen again');
  expect(graves.unreported('ns/p')).toEqual([{ uid: 'u1', reason: 'ended' }]);
  expect(graves.unreported('ns/q')).toEqual([]);
  graves.reported('u1');
  expect(graves.unreported('ns/p')).toEqual([]);
  graves.askAgain(['u1', 'alive']);
  expect(graves.unreported('ns/p')).toHaveLength(1);
});
