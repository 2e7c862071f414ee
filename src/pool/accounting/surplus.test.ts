import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignQuotas, quotasOf } from './group-quotas.ts';
import { GroupTree } from './group-tree.ts';
import { allocate, divide } from './surplus.ts';

describe('dividing by weight', () => {
  test.each([
    [
      'everybody gets what they want if there is enough',
      10,
      [
        [1, 3],
        [1, 4],
      ],
      [3, 4],
    ],
    [
      'scarcity is divided by weight',
      12,
      [
        [1, 100],
        [2, 100],
      ],
      [4, 8],
    ],
    [
      'what one does not want goes to the others by weight',
      12,
      [
        [1, 2],
        [1, 100],
        [4, 100],
      ],
      [2, 2, 8],
    ],
    [
      'who has no weight gets what is left',
      12,
      [
        [0, 100],
        [1, 4],
        [0, 3],
      ],
      [5, 4, 3],
    ],
    ['nothing is divided into nothing', 0, [[1, 5]], [0]],
  ])('%s', (_, amount, claimants, given) => {
    expect(
      divide(
        amount,
        claimants.map(([weight = 0, wanted = 0]) => ({ weight, wanted })),
      ),
    ).toEqual(given);
  });
});

/** What groups get of 100 cores; `groups` gives quota, surplus and request by name. */
function allocated(
  groups: Readonly<Record<string, { cores?: number; share?: number; surplus?: boolean; requested?: number }>>,
  none = 0,
) {
  const tree = new GroupTree(
    Object.entries(groups).map(([name, { cores, share, surplus = false }]) => ({
      name,
      cores,
      share,
      surplus,
    })),
  );
  const of = allocate(tree.root, quotasOf(tree.root, 100), ({ name }) =>
    name === '<none>' ? none : (groups[name]?.requested ?? 0),
  );
  return Object.fromEntries(tree.all.map((group) => [group.name, of(group)]));
}

describe('the quotas of groups', () => {
  const quotas = (groups: readonly { name: string; cores?: number; share?: number }[], cores = 100) => {
    const tree = new GroupTree(groups.map((group) => ({ surplus: true, ...group })));
    const assigned = assignQuotas(tree.root, cores);
    return Object.fromEntries(tree.all.map((group) => [group.name, assigned.get(group)]));
  };

  test('shares are of what fixed quotas leave, and no group has the rest', () => {
    expect(
      quotas([
        { name: 'a', cores: 20 },
        { name: 'b', share: 0.5 },
      ]),
    ).toEqual({
      a: { own: 20, subtree: 20 },
      b: { own: 40, subtree: 40 },
      '<none>': { own: 40, subtree: 100 },
    });
  });

  test('a group keeps for itself what the groups within it do not have', () => {
    expect(
      quotas([
        { name: 'a', share: 0.5 },
        { name: 'a.x', share: 0.6 },
        { name: 'a.y', cores: 10 },
      ]),
    ).toMatchObject({
      a: { own: 16, subtree: 50 },
      'a.x': { own: 24, subtree: 24 },
      'a.y': { own: 10, subtree: 10 },
    });
  });

  test('fixed quotas beyond what there is are scaled down together', () => {
    expect(
      quotas([
        { name: 'a', cores: 150 },
        { name: 'b', cores: 50 },
        { name: 'c', share: 0.5 },
      ]),
    ).toEqual({
      a: { own: 75, subtree: 75 },
      b: { own: 25, subtree: 25 },
      c: { own: 0, subtree: 0 },
      '<none>': { own: 0, subtree: 100 },
    });
  });
});

describe('surplus', () => {
  test('a group without surplus gets no more than its quota', () => {
    expect(allocated({ a: { cores: 30, requested: 90 }, b: { cores: 70, requested: 10 } })).toEqual({
      a: 30,
      b: 10,
      '<none>': 0,
    });
  });

  test('what one group leaves goes to those that accept surplus, by their quotas', () => {
    expect(
      allocated({
        a: { cores: 20, surplus: true, requested: 100 },
        b: { cores: 40, surplus: true, requested: 100 },
        c: { cores: 40, surplus: true, requested: 10 },
      }),
    ).toEqual({ a: 30, b: 60, c: 10, '<none>': 0 });
  });

  test('surplus stays within the parent while anybody there wants it', () => {
    expect(
      allocated(
        {
          a: { share: 0.5, surplus: true },
          'a.x': { share: 0.5, surplus: true, requested: 80 },
          'a.y': { share: 0.5, surplus: true, requested: 5 },
          b: { share: 0.5, surplus: true, requested: 80 },
        },
        0,
      ),
    ).toEqual({ a: 0, 'a.x': 45, 'a.y': 5, b: 50, '<none>': 0 });
  });

  test('in a pool that is too small for all quotas, a group without surplus gets what others leave of its own quota', () => {
    const groups = (a: number, b: number) =>
      allocated({ a: { cores: 150, requested: a }, b: { cores: 50, requested: b }, c: { share: 0.1 } });
    expect(groups(500, 500)).toMatchObject({ a: 75, b: 25 });
    expect(groups(0, 500)).toMatchObject({ a: 0, b: 50 });
    expect(groups(500, 10)).toMatchObject({ a: 90, b: 10 });
  });

  test('jobs without a group get what the groups leave', () => {
    expect(allocated({ a: { cores: 90, requested: 20 } }, 100)).toEqual({ a: 20, '<none>': 80 });
  });
});

/** Trees of two levels with quotas, requests and what jobs without a group request. */
const someGroups = fc.record({
  outer: fc.array(
    fc.record({
      share: fc.double({ min: 0, max: 0.3, noNaN: true }),
      surplus: fc.boolean(),
      requested: fc.integer({ min: 0, max: 150 }),
      inner: fc.array(
        fc.record({
          cores: fc.integer({ min: 0, max: 40 }),
          surplus: fc.boolean(),
          requested: fc.integer({ min: 0, max: 150 }),
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 3 },
  ),
  none: fc.integer({ min: 0, max: 150 }),
});

test('an allocation gives nobody more than they request, all together no more than there is, and leaves nothing that somebody may have', () => {
  fc.assert(
    fc.property(someGroups, ({ outer, none }) => {
      const groups: Parameters<typeof allocated>[0] = Object.fromEntries(
        outer.flatMap(({ inner, ...group }, index) => [
          [`g${index}`, group],
          ...inner.map((child, at) => [`g${index}.c${at}`, child]),
        ]),
      );
      const given = allocated(groups, none);
      const all = Object.values(given).reduce((sum, cores) => sum + cores, 0);
      expect(all).toBeLessThanOrEqual(100 + 1e-6);
      const requests = {
        '<none>': none,
        ...Object.fromEntries(Object.entries(groups).map(([name, { requested = 0 }]) => [name, requested])),
      };
      for (const [name, requested] of Object.entries(requests))
        expect(given[name] ?? 0).toBeLessThanOrEqual(requested + 1e-6);
      // Nothing keeps jobs without a group from what is left.
      if (all < 100 - 1e-6) expect(given['<none>']).toBeCloseTo(none, 6);
    }),
  );
});
