import { expect, test } from 'vitest';
import { parseExpression } from './parser.ts';
import { references } from './references.ts';

test.each([
  ['MY.A + TARGET.b + C', ['a'], ['b'], ['c']],
  ['other.X && self.Y.z', ['y', 'z'], ['x', 'z'], []],
  ['.a.b', ['a', 'b'], ['b'], []],
  ['a.b.c ?: {d,e}[f]', ['b', 'c'], ['b', 'c'], ['a', 'd', 'e', 'f']],
  ['[a=1;b=a+c].b', ['b'], ['b'], ['c']],
  ['member(x,TARGET.l) ? -y : (z)', [], ['l'], ['x', 'y', 'z']],
  ['1 + "a"', [], [], []],
])('%s', (text, my, target, bare) => {
  const found = references(parseExpression(text));
  expect([...found.my]).toEqual(my);
  expect([...found.target]).toEqual(target);
  expect([...found.bare]).toEqual(bare);
});

test.each(['TARGET["Memory"]', 'size(MY)', 'n.parent', 'eval(text)'])('%s may read anything', (text) => {
  expect(references(parseExpression(text)).anything).toBe(true);
});
