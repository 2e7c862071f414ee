import { expect, it } from 'vitest';
import { isPattern, tagFits } from './tag-pattern.ts';

it.each([
  ['2026-11', '2026-*', true],
  ['2025-11', '2026-*', false],
  ['el9', 'el?', true],
  ['el10', 'el?', false],
  ['v1.2.3', 'v[0-9]*', true],
  ['vx', 'v[0-9]*', false],
  ['vx', 'v[!0-9]*', true],
  ['1.2', '1.2', true],
  ['1x2', '1.2', false],
  ['abcabd', '*ab*d', true],
  ['abcabe', '*ab*d', false],
  ['anything', '*', true],
  ['a]', 'a[]]', true],
  ['a[b', 'a[b', true],
])('%s against the pattern %s: %s', (tag, pattern, fits) => {
  expect(tagFits(tag, pattern)).toBe(fits);
});

it('a pattern of many stars takes no longer than a short one', () => {
  const began = performance.now();
  expect(tagFits('a'.repeat(128), `${'*a'.repeat(63)}*b`)).toBe(false);
  // With a regular expression this would take longer than the universe exists.
  expect(performance.now() - began).toBeLessThan(10_000);
});

it('a tag is told from a pattern', () => {
  expect(['1.2', 'latest', '2026-*', 'v[12]', 'el?'].map(isPattern)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});
