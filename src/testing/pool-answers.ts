import { type DemandAnswer, DemandRecord, type PilotSupply, type PoolDemand } from '#fleet/pool-demand.ts';
import { ManualClock } from './manual-clock.ts';
import { pilotOf } from './pressure-world.ts';

/** A registered pilot as its pool tells of it. */
export const pilotSupply = (
  uid: string,
  group: string,
  state: PilotSupply['state'],
  more: Partial<PilotSupply> = {},
): PilotSupply => ({
  ...pilotOf(uid, group, state, { cpus: 4 }),
  group,
  site: 'here',
  disconnectedSeconds: 0,
  ...more,
});

export const poolAnswer = (...pilots: PilotSupply[]): DemandAnswer => ({
  known: true,
  autoclusters: [],
  pilots,
});

/** How an answer counts that was asked for at this very moment, by a pool that has every announcement. */
export const askedNow = (clock: ManualClock) => ({
  askedAt: clock.monotonic(),
  freshFor: 90_000,
  acknowledgedAt: () => 0,
});

/** What is known of a pool that has been answering for this many minutes and now gives this answer. */
export function knownFor(minutes: number, ...pilots: PilotSupply[]): PoolDemand {
  const clock = new ManualClock();
  const record = new DemandRecord(clock);
  record.answered(poolAnswer(), askedNow(clock));
  for (let minute = 0; minute < minutes; minute++) {
    clock.advance(60_000);
    record.answered(poolAnswer(...pilots), askedNow(clock));
  }
  return record.look();
}

/** A pool of which nothing is known. */
export const unknownDemand: PoolDemand = { known: false, reason: 'away', forSeconds: 1, last: undefined };
