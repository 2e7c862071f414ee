import { expect, it } from 'vitest';
import { BodyBudget } from './body-budget.ts';

const mebibyte = 2 ** 20;

it('when bodies together are too large, the largest is given up, and the others stay', () => {
  const budget = new BodyBudget();
  const givenUp: string[] = [];
  const body = (name: string) => budget.begin(() => givenUp.push(name));
  const [small, large, larger] = [body('small'), body('large'), body('larger')];
  small.add(mebibyte);
  large.add(10 * mebibyte);
  larger.add(21 * mebibyte);
  expect(givenUp).toEqual([]);
  small.add(1);
  expect(givenUp).toEqual(['larger']);
  // What is gone takes nothing any more.
  larger.add(30 * mebibyte);
  large.end();
  body('next').add(30 * mebibyte);
  expect(givenUp).toEqual(['larger']);
});
