import { describe, expect, test } from 'vitest';
import { accounting } from '#spec/accounting.ts';
import { Accountant } from './accountant.ts';

/** The examples of HTCondor's manual, section "Configuration for Central Managers". */

const day = 86_400_000;

function accountantWith(groups: readonly object[] = []): Accountant {
  const accountant = new Accountant();
  accountant.configure(accounting.parse({ groups }), 0);
  return accountant;
}

describe('priorities in HTCondor’s manual', () => {
  test('a real priority of 10 without running jobs is 5 a day later, and 2.5 two days later', () => {
    const accountant = accountantWith();
    accountant.setRealPriority('ada', 10, 0);
    const priorityAfter = (days: number) => accountant.standing('ada', days * day).realPriority;
    expect([0, 1, 2].map(priorityAfter)).toEqual([10, 5, 2.5]);
  });

  test('who uses ten cores all the time approaches a real priority of ten', () => {
    const accountant = accountantWith();
    accountant.charge('ada', 10, 0);
    expect(accountant.standing('ada', 30 * day).realPriority).toBeCloseTo(10, 6);
  });

  test('effective priorities of 5, 10 and 20 share a pool as 4 : 2 : 1', () => {
    const accountant = accountantWith();
    for (const [user, factor] of [
      ['a', 10],
      ['b', 20],
      ['c', 40],
    ] as const)
      accountant.setFactor(user, factor, 0);
    const turns = accountant.turns(
      ['c', 'b', 'a'].map((submitter) => ({ submitter, cores: 1000 })),
      700,
      0,
    );
    expect(turns.map(({ submitter, limit }) => [submitter, Math.round(limit)])).toEqual([
      ['a', 400],
      ['b', 200],
      ['c', 100],
    ]);
  });

  test('with twice the factor and the same history a user gets half as much', () => {
    const accountant = accountantWith();
    accountant.setFactor('slow', 2000, 0);
    const turns = accountant.turns(
      ['slow', 'usual'].map((submitter) => ({ submitter, cores: 1000 })),
      300,
      0,
    );
    expect(turns.map(({ submitter, limit }) => [submitter, Math.round(limit)])).toEqual([
      ['usual', 200],
      ['slow', 100],
    ]);
  });

  test('after 48 hours with 100 cores a user has a real priority of about 75, and a newcomer deserves 150 times as much', () => {
    const accountant = accountantWith();
    accountant.charge('a', 100, 0);
    const [newcomer, old] = ['b', 'a'].map((user) => accountant.standing(user, 2 * day).priority);
    expect(accountant.standing('a', 2 * day).realPriority).toBeCloseTo(75, 0);
    expect((old ?? 0) / (newcomer ?? 1)).toBeCloseTo(150, 0);
  });
});

describe('quotas in HTCondor’s manual', () => {
  const fixed = [
    { name: 'group_physics', cores: 20, surplus: false },
    { name: 'group_chemistry', cores: 10, surplus: false },
  ];
  const quotas = (groups: readonly object[], cores: number) =>
    Object.fromEntries(
      accountantWith(groups)
        .groups(cores)
        .map(({ name, quota }) => [name, Math.round(quota * 100) / 100]),
    );
  /** What each submitter gets in one spin if each wants more than there is. */
  const gets = (groups: readonly object[], cores: number, submitters: readonly string[]) =>
    Object.fromEntries(
      accountantWith(groups)
        .turns(
          submitters.map((submitter) => ({ submitter, cores: 1000 })),
          cores,
          0,
        )
        .map(({ submitter, limit }) => [submitter, Math.round(limit * 100) / 100]),
    );

  test.each([
    [30, { group_physics: 20, group_chemistry: 10 }],
    [15, { group_physics: 10, group_chemistry: 5 }],
    [60, { group_physics: 20, group_chemistry: 10 }],
  ])('of %i slots, fixed quotas of 20 and 10 are %j', (cores, expected) => {
    expect(quotas(fixed, cores)).toEqual(expected);
  });

  test('shares of shares are those of the manual: 75 % of two thirds of 30 are 15', () => {
    const groups = [
      { name: 'group_chemistry', share: 0.33333 },
      { name: 'group_physics', share: 0.66667 },
      { name: 'group_physics.hep', share: 0.75 },
      { name: 'group_physics.lep', share: 0.25 },
    ];
    expect(quotas(groups, 30)).toEqual({
      group_chemistry: 10,
      group_physics: 20,
      'group_physics.hep': 15,
      'group_physics.lep': 5,
    });
  });

  const subgroups = (physicsSurplus: boolean) => [
    { name: 'group_physics', cores: 20, surplus: physicsSurplus },
    { name: 'group_physics.hep', cores: 15, surplus: true },
    { name: 'group_physics.lep', cores: 5, surplus: true },
    { name: 'group_chemistry', cores: 10, surplus: false },
  ];

  test('subgroups with surplus exceed their quotas up to that of a parent without', () => {
    expect(gets(subgroups(false), 30, ['group_physics.lep.ada'])).toEqual({ 'group_physics.lep.ada': 20 });
    expect(gets(subgroups(false), 30, ['group_physics.lep.ada', 'group_physics.hep.bob'])).toEqual({
      'group_physics.lep.ada': 5,
      'group_physics.hep.bob': 15,
    });
  });

  test('subgroups are not limited if the parent accepts surplus too', () => {
    expect(gets(subgroups(true), 30, ['group_physics.lep.ada'])).toEqual({ 'group_physics.lep.ada': 30 });
  });
});
