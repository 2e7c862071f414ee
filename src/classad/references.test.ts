import { expect, test } from 'vitest';
import { parseExpression } from './parser.ts';
import { references } from './references.ts';

test.each([
  ['MY.A + TARGET.b + C', ['a'], ['b'], ['c']],
  ['other.X && self.Y.z', ['y'], ['x'], []],
  ['.a.b', ['a'], [], []],
  ['a.b.c ?: {d,e}[f]', [], [], ['a', 'd', 'e', 'f']],
  ['[a=1;b=a+c].b', [], [], ['c']],
  ['member(x,TARGET.l) ? -y : (z)', [], ['l'], ['x', 'y', 'z']],
  ['1 + "a"', [], [], []],
])('%s', (text, my, target, bare) => {
  const found = references(parseExpression(text));
  expect([...found.my]).toEqual(my);
  expect([...found.target]).toEqual(target);
  expect([...found.bare]).toEqual(bare);
});
