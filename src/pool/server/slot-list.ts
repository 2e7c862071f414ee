import type { Clock } from '#base/clock.ts';
import type { Expression } from '#classad/ast.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { evaluate } from '#classad/evaluate.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import { isTrue } from '#classad/value.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { displayName, submitterIn } from '../accounting/submitter-name.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot, Taken } from '../collector/pilot.ts';
import { type ClaimedBy, dynamicSlot, partitionableSlot } from '../collector/slot-ads.ts';
import { environmentFor } from '../jobs/environment.ts';
import { type Claimed, hasClaim, jobName } from '../jobs/job.ts';
import type { Queue } from '../queue/queue.ts';

/** The parts of the pool that know its slots. */
export interface SlotPool {
  readonly collector: Collector;
  readonly queue: Queue;
  readonly clock: Clock;
}

/** A slot of a pilot: what a claim takes, or what is left if there is none. */
export interface Slot {
  readonly pilot: Pilot;
  readonly claim?: { readonly id: string; readonly takes: Taken } | undefined;
}

/** Where a list of slots goes on: after this slot of this pilot, both by number; 0 is the partitionable slot. */
export interface SlotPlace {
  readonly pilot: number;
  readonly slot: number;
}

export const placeOf = ({ pilot, claim }: Slot): SlotPlace => ({
  pilot: pilot.number,
  slot: claim?.takes.slot ?? 0,
});

/**
 * All slots in the order in which their pilots came, each partitionable slot before its dynamic slots. It stays valid while
 * pilots come and go.
 */
export function* slotsAfter({ collector }: SlotPool, after: SlotPlace | undefined): Iterable<Slot> {
  for (const pilot of collector.all()) {
    if (after !== undefined && pilot.number < after.pilot) continue;
    const from = pilot.number === after?.pilot ? after.slot : -1;
    if (from < 0) yield { pilot };
    const claims = [...pilot.claims].map(([id, takes]) => ({ id, takes }));
    for (const claim of claims.sort((a, b) => a.takes.slot - b.takes.slot))
      if (claim.takes.slot > from) yield { pilot, claim };
  }
}

/** The ad of a slot as of now. */
export function slotAdOf({ queue, clock }: SlotPool, { pilot, claim }: Slot): ClassAd {
  const now = { wall: clock.wall(), monotonic: clock.monotonic() };
  if (claim === undefined) return partitionableSlot(pilot, now);
  const job = queue.claimed(claim.id);
  return dynamicSlot(
    pilot,
    claim.takes,
    job !== undefined && hasClaim(job) ? claimedBy(job) : undefined,
    now,
  );
}

function claimedBy(job: Claimed): ClaimedBy {
  const attempt = job.attempts.find(({ epoch }) => epoch === job.claim.ref.epoch);
  return {
    job: jobName(job),
    owner: job.cluster.owner,
    submitter: displayName(job.claim.submitter ?? submitterIn(undefined, job.cluster.owner)),
    claimedAt: attempt?.claimedAt ?? job.enteredAt,
    startedAt: attempt?.startedAt,
    endingSince: job.state === 'Running' ? undefined : job.enteredAt,
  };
}

/** Whether a slot satisfies a constraint; one that is too expensive to evaluate does not. */
export const satisfies = (ad: ClassAd, constraint: Expression, clock: Clock): boolean =>
  isTrue(evaluate(constraint, ad, undefined, environmentFor(clock, 1)));

/**
 * The attributes of a slot that were asked for, and those that they read: their values are then the same as in the whole ad.
 * @param names in any case; all attributes if absent
 */
export function projected(ad: ClassAd, names: readonly string[] | undefined): AdTexts {
  if (names === undefined) return ad.toTexts();
  const { my, anything } = attributesRead(ad, names);
  if (anything) return ad.toTexts();
  const texts: Record<string, string> = {};
  for (const { name, expression } of ad.attributes())
    if (my.has(asciiLower(name))) texts[name] = printExpression(expression, 'wire');
  return texts;
}
