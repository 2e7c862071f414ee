import { expect, it } from 'vitest';
import { nextLink } from './next-link.ts';

it.each([
  ['</v2/a/tags/list?last=b>; rel="next"', '/v2/a/tags/list?last=b'],
  ['</first>; rel="first", </second,third>; title="x"; rel=next', '/second,third'],
  [['</first>; rel="first"', '</second>; rel="next"'], '/second'],
  ['</first>; rel="first"', undefined],
  ['', undefined],
  [undefined, undefined],
])('the next page of %j is %j', (header, target) => {
  expect(nextLink(header)).toBe(target);
});

it.each(['<', '<>;', '<>; rel', '<a', ' rel', '; '])(
  'a megabyte of %j is read in a moment, and leads nowhere',
  (text) => {
    const begun = performance.now();
    expect(nextLink(`<>;${text.repeat(2 ** 20 / text.length)}`)).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(2000);
  },
);
