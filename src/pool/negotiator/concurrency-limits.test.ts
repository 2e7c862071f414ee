import { describe, expect, it, test } from 'vitest';
import { jobAd, slotAd } from '#testing/ads.ts';
import { LimitCounts } from '../queue/limit-counts.ts';
import { limitInWords, limitOnSlots } from '../why/limit-analysis.ts';
import { ConcurrencyLimits } from './concurrency-limits.ts';
import { requestedLimits } from './requested-limits.ts';

function poolWith(limits: Readonly<Record<string, number>>) {
  const taken = new LimitCounts();
  const pool = new ConcurrencyLimits(taken);
  pool.set(Object.entries(limits).map(([name, limit]) => ({ name, limit })));
  return { pool, taken };
}

test('a limit is what is said of its name, else of its group, else of all others, else that of HTCondor', () => {
  const { pool } = poolWith({ 'db.read': 5, 'db.*': 3, db: 2 });
  expect(['db.read', 'db.write', 'db', 'licence'].map((name) => pool.of(name))).toEqual([5, 3, 2, 2_308_032]);
  pool.set([{ name: '*', limit: 7 }]);
  expect(['db.read', 'licence'].map((name) => pool.of(name))).toEqual([7, 7]);
});

test('fractions of a limit leave none of it over when all of them are given back', () => {
  const { pool, taken } = poolWith({ a: 1 });
  const tenth = { name: 'a', amount: 0.1 };
  for (let count = 0; count < 10; count += 1) {
    expect(pool.hasRoom(tenth)).toBe(true);
    taken.take([tenth]);
  }
  expect(pool.hasRoom(tenth)).toBe(false);
  for (let count = 0; count < 10; count += 1) taken.giveBack([tenth]);
  expect(taken.of('a')).toBe(0);
});

describe('the limits that a job asks for', () => {
  const everywhere = (text: string) =>
    requestedLimits(jobAd({ ConcurrencyLimits: text, Big: 'true' })).everywhere;

  it.each([
    ['"xsw:2,b.c,Foo"', { xsw: 2, 'b.c': 1, foo: 1 }],
    ['"a:-1 a:x b:0.5"', { a: 2, b: 0.5 }],
    ['ifThenElse(Big, "db:2", "db")', { db: 2 }],
    ['undefined', {}],
    ['7', {}],
    ['"1a,,b"', { b: 1 }],
  ])('%s', (text, expected) => {
    const named = (everywhere(text) ?? []).map(({ name, amount }) => [name, amount]);
    expect(Object.fromEntries(named)).toEqual(expected);
  });

  it('a limit that a job asks for may depend on its slot', () => {
    const asked = requestedLimits(jobAd({ ConcurrencyLimits: 'strcat("site_", TARGET.Site)' }));
    expect(asked.everywhere).toBeUndefined();
    expect(asked.on(slotAd({ Site: '"north"' }), {})).toEqual([{ name: 'site_north', amount: 1 }]);
  });
});

test('what is left of a limit is dealt out to one job after the other', () => {
  const { pool, taken } = poolWith({ licence: 10 });
  taken.take([{ name: 'licence', amount: 3 }]);
  const deal = pool.dealer();
  expect(deal([{ name: 'licence', amount: 2 }], 2)).toBe(2);
  expect(deal([{ name: 'licence', amount: 2 }], 5)).toBe(1);
  expect(deal([{ name: 'licence', amount: 1 }], 5)).toBe(1);
  expect(deal([{ name: 'licence', amount: 1 }], 5)).toBe(0);
  expect(deal([], 5)).toBe(5);
});

test('a job that takes more of a limit than any number can say leaves it to the others', () => {
  const { pool } = poolWith({ licence: 10 });
  const [endless] = requestedLimits(jobAd({ ConcurrencyLimits: '"licence:1e400"' })).everywhere ?? [];
  const deal = pool.dealer();
  expect(deal(endless === undefined ? [] : [endless], 1)).toBe(0);
  expect(deal([{ name: 'licence', amount: 1 }], 5)).toBe(5);
});

describe('why a limit keeps a job from running', () => {
  const said = (limits: string, there: number, used: number) => {
    const { pool, taken } = poolWith({ licence: there });
    taken.take(used === 0 ? [] : [{ name: 'licence', amount: used }]);
    const look = { limits: pool, environment: {} };
    const job = jobAd({ ConcurrencyLimits: limits });
    return limitInWords(job, look) ?? limitOnSlots(job, [slotAd()], look);
  };

  it.each([
    ['"licence"', 10, 10, 'the limit of licence is 10, all of them in use'],
    ['"licence"', 1, 1, 'the limit of licence is 1, and that is in use'],
    ['"licence:3"', 10, 8, 'the limit of licence is 10, of which 8 are in use, and the job takes 3'],
    ['"licence:3"', 2, 0, 'the limit of licence is 2 in this pool and the job takes 3, so it cannot run'],
    ['ifThenElse(TARGET.Cpus > 1, "licence", "")', 4, 4, 'the limit of licence is 4, all of them in use'],
    ['"licence"', 10, 9, undefined],
  ])('%s of %d, %d in use', (limits, there, used, expected) => {
    expect(said(limits, there, used)?.replace(/:.*/, '')).toBe(expected);
  });
});
