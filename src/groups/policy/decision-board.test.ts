import { expect, it } from 'vitest';
import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { DecisionBoard } from './decision-board.ts';

const group = { metadata: { name: 'g', uid: 'u' } } as GroupResource;
const decision: GroupDecision = {
  group: 'g',
  wanted: 3,
  add: 3,
  release: ['x'],
  reason: '3 jobs wait',
  limits: [],
};

it('a decision is taken once', () => {
  const board = new DecisionBoard();
  expect(board.take(group, 0)).toBeUndefined();
  board.post(group, decision, 0);
  expect(board.take(group, 0)).toEqual(decision);
  expect(board.take(group, 0)).toEqual({ ...decision, add: 0, release: [] });
  expect(board.latest(group)).toEqual(decision);
  board.post(group, decision, 0);
  expect(board.take(group, 0)?.add).toBe(3);
});

it('a decision that did not know of a pod which came in the meantime is not carried out', () => {
  const board = new DecisionBoard();
  board.post(group, decision, 1);
  expect(board.take(group, 2)?.add).toBe(0);
  expect(board.take(group, 1)?.add).toBe(3);
});
