import {
  type AnsweredPilot,
  type PoolAnswer,
  type PoolKnowledge,
  PoolRecord,
} from '#fleet/pool-knowledge.ts';
import { ManualClock } from './manual-clock.ts';
import { pilotOf } from './pressure-world.ts';

/** A registered pilot as its pool tells of it. */
export const answeredPilot = (
  uid: string,
  group: string,
  state: AnsweredPilot['state'],
  more: Partial<AnsweredPilot> = {},
): AnsweredPilot => ({
  ...pilotOf(uid, group, state, { cpus: 4 }),
  group,
  site: 'here',
  disconnectedSeconds: 0,
  ...more,
});

export const poolAnswer = (...pilots: AnsweredPilot[]): PoolAnswer => ({ known: true, waiting: [], pilots });

/** How an answer counts that was asked for at this very moment, by a pool that has every announcement. */
export const askedNow = (clock: ManualClock) => ({
  askedAt: clock.monotonic(),
  freshFor: 90_000,
  acknowledgedAt: () => 0,
});

/** What is known of a pool that has been answering for so many minutes and now gives this answer. */
export function knownFor(minutes: number, ...pilots: AnsweredPilot[]): PoolKnowledge {
  const clock = new ManualClock();
  const record = new PoolRecord(clock);
  record.answered(poolAnswer(), askedNow(clock));
  for (let minute = 0; minute < minutes; minute++) {
    clock.advance(60_000);
    record.answered(poolAnswer(...pilots), askedNow(clock));
  }
  return record.look();
}

/** A pool of which nothing is known. */
export const unknownPool: PoolKnowledge = { known: false, reason: 'away', forSeconds: 1, last: undefined };
