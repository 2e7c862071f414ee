import { describe, expect, test } from 'vitest';
import { accounting } from '#spec/accounting.ts';
import { Accountant } from './accountant.ts';
import { allows } from './turn.ts';

const day = 86_400_000;

function accountantWith(groups: readonly object[] = [], more: object = {}): Accountant {
  const accountant = new Accountant();
  accountant.configure(accounting.parse({ groups, ...more }), 0);
  return accountant;
}

/** The turns as `name limit`, in their order. */
const turns = (accountant: Accountant, waiting: Readonly<Record<string, number>>, total = 100, now = 0) =>
  accountant
    .turns(
      Object.entries(waiting).map(([submitter, cores]) => ({ submitter, cores })),
      total,
      now,
    )
    .map(({ submitter, limit }) => `${submitter} ${Math.round(limit * 100) / 100}`);

describe('the real priority', () => {
  test('a real priority approaches the cores in use, half of the way in each half-life', () => {
    const accountant = accountantWith([], { halfLife: '1d' });
    accountant.charge('ada', 100, 0);
    const priority = (now: number) => accountant.standing('ada', now).realPriority;
    expect(priority(0)).toBe(0.5);
    expect(priority(day)).toBeCloseTo(50.25, 9);
    expect(priority(2 * day)).toBeCloseTo(75.125, 9);
    accountant.charge('ada', -100, 2 * day);
    expect(priority(3 * day)).toBeCloseTo(37.5625, 9);
    expect(priority(30 * day)).toBe(0.5);
  });

  test('the half-life of the specification takes effect from its change on', () => {
    const accountant = accountantWith([], { halfLife: '1d' });
    accountant.charge('ada', 100, 0);
    accountant.configure(accounting.parse({ halfLife: '1h' }), day);
    expect(accountant.standing('ada', day).realPriority).toBeCloseTo(50.25, 9);
    expect(accountant.standing('ada', day + 3_600_000).realPriority).toBeCloseTo(75.125, 9);
  });

  test('it makes no difference how often the use is charged', () => {
    const [once, often] = [accountantWith(), accountantWith()];
    once.charge('ada', 8, 0);
    often.charge('ada', 8, 0);
    for (let now = 0; now < day; now += day / 7) {
      often.charge('ada', 2, now);
      often.charge('ada', -2, now);
    }
    expect(often.standing('ada', day).realPriority).toBeCloseTo(once.standing('ada', day).realPriority, 9);
    expect(often.standing('ada', day).coreHours).toBeCloseTo(192, 9);
  });
});

describe('one spin', () => {
  test('slices are in inverse proportion to effective priorities, less what is in use', () => {
    const accountant = accountantWith();
    accountant.charge('ada', 30, 0);
    expect(turns(accountant, { ada: 99, grace: 99 })).toEqual(['grace 50', 'ada 20']);
    // After a day ada's real priority is 15.25, that of grace 0.5.
    expect(turns(accountant, { ada: 99, grace: 99 }, 100, day)).toEqual(['grace 96.83', 'ada 0']);
  });

  test('nice users have the factor of HTCondor, and the others come first', () => {
    expect(turns(accountantWith(), { 'nice-user.ada': 9, ada: 9 })).toEqual(['ada 100', 'nice-user.ada 0']);
  });

  test('a group’s factor holds for its users', () => {
    const accountant = accountantWith([{ name: 'atlas', cores: 100, priorityFactor: 500 }]);
    expect(accountant.standing('ATLAS.ada', 0)).toMatchObject({ group: 'atlas', factor: 500, priority: 250 });
    expect(accountant.standing('ada', 0)).toMatchObject({ group: undefined, factor: 1000, priority: 500 });
  });

  test('who invents groups gets one share, not many', () => {
    const accountant = accountantWith();
    const [first, second, grace] = accountant.turns(
      ['x1.ada', 'x2.ada', 'grace'].map((submitter) => ({ submitter, cores: 50 })),
      100,
      0,
    );
    expect([first?.limit, second?.limit, grace?.limit]).toEqual([50, 50, 50]);
    accountant.charge('x1.ada', 50, 0);
    expect(second?.left()).toBe(0);
    expect(accountant.standing('ada', 0).cores).toBe(50);
  });

  test('claims on slots that are gone do not leave free slots without anybody to get them', () => {
    const accountant = accountantWith();
    accountant.charge('ada', 200, 0);
    expect(turns(accountant, { ada: 10 }, 50)).toEqual(['ada 1']);
  });
});

describe('groups', () => {
  const groups = [
    { name: 'atlas', cores: 60, surplus: false },
    { name: 'cms', cores: 20, surplus: true },
  ];

  test('groups are served by the part of their quotas that they use, and no group last', () => {
    const accountant = accountantWith(groups);
    accountant.charge('atlas.ada', 30, 0);
    accountant.charge('cms.bob', 5, 0);
    expect(turns(accountant, { eve: 50, 'atlas.ada': 50, 'cms.bob': 50 })).toEqual([
      'cms.bob 15',
      'atlas.ada 30',
      'eve 20',
    ]);
  });

  test('a group without surplus stops at its quota while slots are free', () => {
    const accountant = accountantWith(groups);
    accountant.charge('atlas.ada', 60, 0);
    const [turn] = accountant.turns([{ submitter: 'atlas.ada', cores: 50 }], 100, 0);
    expect([turn?.limit, turn?.left()]).toEqual([0, 0]);
  });

  test('a group with surplus gets what the others leave', () => {
    const accountant = accountantWith(groups);
    expect(turns(accountant, { 'cms.bob': 100 })).toEqual(['cms.bob 100']);
  });

  test('what is left of a quota shrinks with each claim, also for another user', () => {
    const accountant = accountantWith(groups);
    const both = [
      { submitter: 'atlas.ada', cores: 50 },
      { submitter: 'atlas.bob', cores: 50 },
    ];
    const [ada, bob] = accountant.turns(both, 100, 0);
    expect([ada?.limit, bob?.limit]).toEqual([30, 30]);
    accountant.charge('atlas.ada', 30, 0);
    expect(bob?.left()).toBe(30);
    accountant.charge('atlas.bob', 30, 0);
    expect([ada?.left(), bob?.left()]).toEqual([0, 0]);
  });

  test('a group without surplus bounds the groups within it', () => {
    const accountant = accountantWith([
      { name: 'atlas', cores: 50, surplus: false },
      { name: 'atlas.x', share: 0.2, surplus: true },
      { name: 'atlas.y', share: 0.2, surplus: true },
    ]);
    accountant.charge('atlas.x.ada', 20, 0);
    expect(turns(accountant, { 'atlas.y.bob': 100 })).toEqual(['atlas.y.bob 30']);
  });

  test('when groups change, what is in use moves to the groups that exist now', () => {
    const accountant = accountantWith([]);
    accountant.charge('atlas.ada', 10, 0);
    expect(accountant.standing('ada', 0).cores).toBe(10);
    accountant.configure(accounting.parse({ groups }), 0);
    expect(accountant.standing('atlas.ada', 0)).toMatchObject({ cores: 10, group: 'atlas' });
    expect(accountant.standing('ada', 0).cores).toBe(0);
    accountant.charge('atlas.ada', -10, 0);
    expect(accountant.standing('atlas.ada', 0).cores).toBe(0);
  });
});

describe('what a turn allows', () => {
  const turn = (limit: number, left: number) => ({ submitter: 'ada', limit, left: () => left });

  test.each([
    ['a job within the limit', turn(4, 9), 0, 4, true],
    ['no job beyond the limit', turn(4, 9), 2, 4, false],
    ['the first job beyond the limit', turn(0.5, 9), 0, 4, true],
    ['no job without a limit', turn(0, 9), 0, 1, false],
    ['no job without a rest of the quota', turn(4, 0), 0, 1, false],
    ['no second job beyond the quota', turn(9, 3), 1, 4, false],
  ])('a turn allows %s', (_, each, used, cores, allowed) => {
    expect(allows(each, used, cores)).toBe(allowed);
  });
});

test('of two submitters whose names look alike, an admin reaches each', () => {
  const accountant = accountantWith([{ name: 'atlas', cores: 10 }]);
  accountant.charge('"atlas.ada"', 1, 0);
  expect(accountant.submitterNamed('atlas.ada')).toBe('"atlas.ada"');
  accountant.charge('atlas.ada', 1, 0);
  expect(accountant.submitterNamed('atlas.ada')).toBe('atlas.ada');
  expect(accountant.submitterNamed('"atlas.ada"')).toBe('"atlas.ada"');
  expect(accountant.submitterNamed('atlas."ada"')).toBe('atlas.ada');
  expect(accountant.submitterNamed('atlas."ada@cern.ch"')).toBe('atlas."ada@cern.ch"');
  expect(accountant.submitterNamed('atlas.ada@cern.ch')).toBe('atlas."ada@cern.ch"');
});

describe('pilots for waiting jobs', () => {
  test('no pilots are asked for jobs that a quota without surplus holds back', () => {
    const accountant = accountantWith([
      { name: 'atlas', cores: 10, surplus: false },
      { name: 'cms', cores: 10, surplus: true },
    ]);
    accountant.charge('atlas.ada', 4, 0);
    const deal = accountant.dealer(100);
    expect(deal('atlas.ada', 2, 2)).toBe(2);
    expect(deal('atlas.bob', 1, 50)).toBe(2);
    expect(deal('atlas.bob', 1, 50)).toBe(0);
    expect(deal('cms.eve', 1, 50)).toBe(50);
    expect(deal('eve', 1, 50)).toBe(50);
  });

  test('a pool grows to the quota of a group within a group, however small it is', () => {
    const accountant = accountantWith([
      { name: 'atlas', cores: 100, surplus: false },
      { name: 'atlas.x', share: 0.5, surplus: false },
      { name: 'cms', cores: 100, surplus: false },
    ]);
    expect(accountant.dealer(8)('atlas.x.ada', 1, 500)).toBe(50);
    expect(turns(accountant, { 'atlas.x.ada': 500 }, 8)).toEqual(['atlas.x.ada 8']);
    expect(turns(accountant, { 'atlas.x.ada': 500 }, 200)).toEqual(['atlas.x.ada 50']);
    expect(turns(accountant, { 'atlas.x.ada': 500, 'cms.bob': 500 }, 8)).toEqual([
      'atlas.x.ada 4',
      'cms.bob 4',
    ]);
  });

  test('a share of an empty pool asks for the pilot of one job', () => {
    const accountant = accountantWith([{ name: 'atlas', share: 0.1, surplus: false }]);
    expect(accountant.dealer(0)('atlas.ada', 4, 50)).toBe(1);
    expect(accountant.dealer(100)('atlas.ada', 1, 50)).toBe(10);
  });

  test.each([1e6, Number.POSITIVE_INFINITY])(
    'jobs with %d cores, which fit no quota, take nothing from the other users of their group',
    (cores) => {
      const accountant = accountantWith([{ name: 'atlas', cores: 10, surplus: false }]);
      const deal = accountant.dealer(100);
      expect([1, 2, 3].map(() => deal('atlas.mallory', cores, 5))).toEqual([1, 0, 0]);
      expect(deal('atlas.ada', cores, 1)).toBe(1);
      expect(deal('atlas.ada', 1, 50)).toBe(10);
      expect(deal('atlas.mallory', cores, 5)).toBe(0);
    },
  );

  test('a share of an empty pool asks for no pilot if the quotas of others would leave nothing of it', () => {
    const accountant = accountantWith([
      { name: 'atlas', share: 0.6, surplus: false },
      { name: 'cms', cores: 200, surplus: true },
    ]);
    expect(accountant.dealer(0)('atlas.ada', 1, 50)).toBe(0);
    expect(accountant.dealer(0)('cms.bob', 1, 50)).toBe(50);
  });

  test('no pilots are asked for jobs of a group whose quota is nothing', () => {
    const accountant = accountantWith([{ name: 'atlas', cores: 0, surplus: false }]);
    expect(accountant.dealer(0)('atlas.ada', 1, 50)).toBe(0);
    expect(accountant.dealer(8)('atlas.ada', 1, 50)).toBe(0);
    expect(turns(accountant, { 'atlas.ada': 50 }, 8)).toEqual(['atlas.ada 0']);
  });
});
