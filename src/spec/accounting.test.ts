import { describe, expect, test } from 'vitest';
import { accounting } from './accounting.ts';

/** Where something is wrong, and what. */
const faults = (groups: readonly object[]) =>
  accounting
    .safeParse({ groups })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('accounting groups', () => {
  test.each([
    [
      [
        { name: 'atlas', cores: 10 },
        { name: 'atlas.production', share: 0.5 },
      ],
    ],
    [
      [
        { name: 'atlas.production', cores: 5 },
        { name: 'atlas', share: 1 },
      ],
    ],
    [['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((name) => ({ name, share: 0.1 }))],
    [
      [
        { name: 'a', share: 1 },
        { name: 'a.x', share: 0.7 },
        { name: 'a.y', share: 0.3 },
        { name: 'b', cores: 3 },
      ],
    ],
  ])('%j is accepted', (groups) => {
    expect(faults(groups)).toEqual([]);
  });

  test.each([
    [
      'a group without the enclosing one',
      [{ name: 'atlas.x', cores: 1 }],
      ['groups.0.name: atlas.x: the enclosing group is missing'],
    ],
    [
      'shares of more than 1 within a group',
      [
        { name: 'a', cores: 9 },
        { name: 'a.x', share: 0.7 },
        { name: 'a.y', share: 0.4 },
      ],
      [1, 2].map(
        (index) =>
          `groups.${index}.share: a.${index === 1 ? 'x' : 'y'}: the shares within one group, or within the pool, add up to more than 1`,
      ),
    ],
    [
      'a quota given twice',
      [{ name: 'a', cores: 9, share: 0.5 }],
      ['groups.0: the quota is given twice or not at all'],
    ],
    ['no quota', [{ name: 'a' }], ['groups.0: the quota is given twice or not at all']],
    [
      'names that differ only in case',
      [
        { name: 'a', cores: 1 },
        { name: 'A', cores: 1 },
      ],
      [expect.stringContaining('groups.0.name'), expect.stringContaining('groups.1.name')],
    ],
    [
      'the name of nice users',
      [{ name: 'nice-user', cores: 1 }],
      [expect.stringContaining('the name is taken')],
    ],
  ])('%s is refused with the place', (_, groups, said) => {
    expect(faults(groups)).toEqual(said);
  });
});
