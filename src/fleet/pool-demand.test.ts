import { expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { askedNow, pilotSupply, poolAnswer } from '#testing/pool-answers.ts';
import { jobsOf } from '#testing/pressure-world.ts';
import { demandOf, pilotsOfGroup } from './demand.ts';
import { DemandRecord } from './pool-demand.ts';

function world() {
  const clock = new ManualClock();
  const record = new DemandRecord(clock);
  const look = () => {
    const demand = record.look();
    if (!demand.known) throw new Error(demand.reason);
    return demand;
  };
  return { clock, record, look };
}

it('an answer that has become too old counts as unknown, and cannot be acted on any more', () => {
  const { clock, record, look } = world();
  record.answered(poolAnswer(pilotSupply('a', 'g', 'Busy')), askedNow(clock));
  const demand = look();
  clock.advance(89_999);
  expect(demand.isFresh).toBe(true);
  clock.advance(2_001);
  expect(demand.isFresh).toBe(false);
  expect(record.look()).toMatchObject({
    known: false,
    reason: 'the pool’s last answer is too old',
    forSeconds: 2,
    last: { pilots: [{ uid: 'a' }] },
  });
});

it('the reason why a silent pool is unknown stays the same, so that no status is rewritten every second', () => {
  const { clock, record } = world();
  record.answered(poolAnswer(), askedNow(clock));
  const reasons = [91_000, 1000, 1000, 60_000].map((milliseconds) => {
    clock.advance(milliseconds);
    const demand = record.look();
    return demand.known ? '' : demand.reason;
  });
  expect(new Set(reasons).size).toBe(1);
});

it('an answer that took long is as old as its question', () => {
  const { clock, record } = world();
  const asked = askedNow(clock);
  clock.advance(90_000);
  record.answered(poolAnswer(), asked);
  expect(record.look().known).toBe(false);
});

it('a pilot whose announcement the pool has not taken cannot have missed its time to register', () => {
  const { clock, record, look } = world();
  const answer = (acknowledged: number | undefined) => {
    clock.advance(60_000);
    record.answered(poolAnswer(pilotSupply('there', 'g', 'Idle')), {
      ...askedNow(clock),
      acknowledgedAt: () => acknowledged,
    });
    return look().unregisteredFor('new');
  };
  expect([answer(undefined), answer(undefined), answer(100_000)]).toEqual([0, 0, 80_000]);
  expect(look().unregisteredFor('there')).toBe(0);
});

it('a pilot that has left has not missed its time to register, and gets that time to end', () => {
  const { clock, record, look } = world();
  const answer = (...pilots: string[]) => {
    clock.advance(60_000);
    const there = pilots.map((uid) => pilotSupply(uid, 'g', 'Draining'));
    record.answered(poolAnswer(...there), askedNow(clock));
    return look().unregisteredFor('u');
  };
  answer();
  expect([answer('u'), answer(), answer(), answer('u'), answer()]).toEqual([0, 0, 60_000, 0, 0]);
});

it('the time to register starts again when the pool was silent in between', () => {
  const { clock, record, look } = world();
  const answer = (after: number) => {
    clock.advance(after);
    record.answered(poolAnswer(), askedNow(clock));
    return look().unregisteredFor('u');
  };
  expect([answer(0), answer(60_000)]).toEqual([0, 60_000]);
  record.failed('away');
  expect(record.look()).toMatchObject({ known: false, reason: 'away', forSeconds: 0 });
  expect([answer(1000), answer(30_000)]).toEqual([0, 30_000]);
  // Too late to be without a pause, though nobody saw it fail.
  expect(answer(100_000)).toBe(0);
});

it('an answer in which the pool cannot tell counts as no answer', () => {
  const { clock, record } = world();
  record.answered({ ...poolAnswer(), known: false, reason: 'just started' }, askedNow(clock));
  clock.advance(2000);
  expect(record.look()).toEqual({ known: false, reason: 'just started', forSeconds: 2, last: undefined });
});

it('a policy reckons with its share where the pool tells shares, and with all jobs elsewhere', () => {
  const { clock, record, look } = world();
  const all = { ...jobsOf(9, { cpus: 1 }, { id: 1 }), shares: { p: 4 } };
  const autoclusters = [all, jobsOf(5, { cpus: 1 }, { id: 2 })];
  record.answered({ ...poolAnswer(), autoclusters }, askedNow(clock));
  const countsFor = (policy: string) => {
    const demand = demandOf(look(), policy, 'here');
    return demand.known ? demand.autoclusters.map(({ id, count }) => [id, count]) : undefined;
  };
  expect(countsFor('p')).toEqual([
    [1, 4],
    [2, 5],
  ]);
  expect(countsFor('new')).toEqual([[2, 5]]);
});

it('a pilot out of contact is supply for only half a minute, and still counts for its group’s limits', () => {
  const { clock, record, look } = world();
  const gone = (seconds: number) =>
    pilotSupply(`u${seconds}`, 'g', 'Idle', { connected: false, disconnectedSeconds: seconds });
  record.answered(poolAnswer(gone(29), gone(30)), askedNow(clock));
  expect(demandOf(look(), 'policy', 'here')).toMatchObject({
    pilots: [
      { uid: 'u29', group: 'g', connected: true },
      { uid: 'u30', group: 'g', connected: false },
    ],
  });
  expect(pilotsOfGroup(look(), 'g', 'here')).toHaveLength(2);
  expect(pilotsOfGroup(look(), 'g', 'elsewhere')).toEqual([]);
});
