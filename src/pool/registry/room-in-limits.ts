import type { Clock } from '#base/clock.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { fitOf } from '#match/fit.ts';
import { requestOf } from '#match/request.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Accountant } from '../accounting/accountant.ts';
import { environmentFor } from '../jobs/environment.ts';
import type { Autocluster } from '../negotiator/autocluster.ts';
import type { ConcurrencyLimits } from '../negotiator/concurrency-limits.ts';
import type { Deal } from './select-autoclusters.ts';

/** The most pairs of a job and a group for which limits that depend on the slot are looked up in one answer. */
const mostLookedUp = 2_000;

interface RoomOptions {
  readonly limits: Pick<ConcurrencyLimits, 'dealer'>;
  readonly accountant: Pick<Accountant, 'dealer'>;
  /** The slot ads that fresh pilots of the groups would register. */
  readonly templates: () => readonly ClassAd[];
  readonly clock: Clock;
}

/**
 * How many waiting jobs concurrency limits and quotas leave room for: more pilots would not help the others, since they wait for
 * other jobs to end. Limits that depend on the slot are those of the group that leaves most room.
 */
export function roomInLimits({ limits, accountant, templates, clock }: RoomOptions): Deal {
  const deal = limits.dealer();
  const dealQuota = accountant.dealer();
  let lookedUp = 0;
  let slots: readonly ClassAd[] | undefined;
  const ofSlots = (autocluster: Autocluster): readonly Limit[] => {
    slots ??= templates();
    lookedUp += slots.length;
    if (lookedUp > mostLookedUp) return [];
    const wishes = limitsOnSlots(autocluster, slots, clock);
    const rooms = wishes.map((wish) => ({ wish, room: roomFor(deal, wish, autocluster.waiting.size) }));
    const [best] = rooms.sort((a, b) => b.room - a.room);
    return best?.wish ?? [];
  };
  return (autocluster) => {
    const { ad, submitter, waiting } = autocluster;
    const asked = autocluster.limits.everywhere ?? ofSlots(autocluster);
    return deal(asked, waiting.size, (jobs) => dealQuota(submitter, requestOf(ad).cpus, jobs));
  };
}

/** What is asked of the limits in each of the slots that fit; nothing is known of others. */
function limitsOnSlots(
  { ad, limits }: Autocluster,
  slots: readonly ClassAd[],
  clock: Clock,
): (readonly Limit[])[] {
  try {
    const environment = environmentFor(clock, slots.length);
    return slots
      .filter((slot) => fitOf(ad, slot, environment).fits)
      .map((slot) => limits.on(slot, environment));
  } catch {
    // A defect of the job, which matching finds and holds it for.
    return [];
  }
}

/** Looks, and deals nothing. */
function roomFor(
  deal: ReturnType<ConcurrencyLimits['dealer']>,
  wish: readonly Limit[],
  jobs: number,
): number {
  let room = 0;
  deal(wish, jobs, (most) => {
    room = most;
    return 0;
  });
  return room;
}
