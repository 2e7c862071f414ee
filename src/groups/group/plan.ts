import { breakerVerdict } from '#fleet/breaker.ts';
import { plan } from '#fleet/plan.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { standingOfGroup } from '../pilots/supply.ts';
import { podDigest } from '../pods/build.ts';
import {
  isReserved,
  nothingReserved,
  numberOf,
  type Reservation,
  reserve,
  withoutSeen,
} from '../pods/numbers.ts';
import type { GroupContext } from './context.ts';
import { decisionFor } from './decided.ts';
import type { GroupFacts } from './facts.ts';
import { olderOnes } from './outdated.ts';
import type { Readiness } from './prepare.ts';
import { learn } from './record.ts';
import { isRefusedNow } from './refusal.ts';

/** What is to be done for a group, and the numbers for new pilots. */
export interface Intention {
  readonly facts: GroupFacts;
  readonly numbers: readonly number[];
}

/** The time over which creations are counted, milliseconds. */
const minute = 60_000;

/**
 * Observes, takes the decision and plans. Nothing waits in here: from counting the supply to noting the numbers in
 * work nobody else may decide, or a pilot would be counted twice or not at all.
 */
export function intend(context: GroupContext, ready: Readiness): Intention {
  const { parts, group, spec, memory, heard } = context;
  const { clock } = parts;
  const standing = standingOfGroup(group, spec, { ...parts, memory });
  const { pilots, supply } = standing;
  learn(context, pilots);
  // A decision was made from an answer of the pool: when that has become too old, so has the decision. Numbers are
  // reserved in the status, and what may not be written yet may not be decided yet.
  const canAct =
    heard.known &&
    ready.make !== undefined &&
    ready.isFresh &&
    !isRefusedNow(memory, clock.monotonic()) &&
    parts.pace.allows(group.metadata.uid ?? '');
  const decision = decisionFor(context, standing, canAct);
  const now = clock.monotonic();
  const breaker = breakerVerdict(memory.outcomes.all, spec.breaker, now, supply.starting);
  const planned = plan({
    decision,
    pilots,
    deadlines: spec.deadlines,
    breaker,
    createPerMinute: spec.limits.createPerMinute,
    createdLately: createdLately(context, pilots),
  });
  const digest = ready.make && podDigest({ spec, poolUrl: ready.make.poolUrl, settings: parts.settings });
  const { numbers, reserved } = chooseNumbers(context, pilots, planned.create);
  for (const number of numbers) memory.inWork.add(number);
  memory.starting = supply.starting;
  return {
    numbers,
    facts: {
      pilots,
      starting: supply.starting + numbers.length,
      demand: demandOf(decision, supply, pilots),
      blocker: ready.blocker,
      isolation: ready.isolation,
      decision,
      plan: { ...planned, reason: `${planned.reason}${olderOnes(pilots, digest)}` },
      breaker,
      reserved,
      digest,
    },
  };
}

/** The numbers for so many new pilots, and what is reserved then. */
function chooseNumbers(
  { group, memory }: GroupContext,
  pilots: readonly GroupPilot[],
  create: number,
): Reservation {
  const seen = new Set(pilots.map(({ name }) => numberOf(group.metadata.name, name)));
  const known = withoutSeen(
    group.status?.reservedNumbers ?? nothingReserved,
    (number) => seen.has(number) || memory.spent.has(number),
  );
  const taken = new Set([
    ...memory.inWork,
    ...memory.spent,
    ...[...seen].filter((each) => each !== undefined),
  ]);
  // What the durable status says is used up need not be remembered here too.
  for (const number of memory.spent) if (isOver(group, number)) memory.spent.delete(number);
  return reserve(known, create, taken);
}

/** Whether a number was given out and is reserved no more: nobody can choose it again. */
function isOver({ status }: GroupResource, number: number): boolean {
  const reserved = status?.reservedNumbers ?? nothingReserved;
  return number < reserved.next && !isReserved(reserved, number);
}

/**
 * Pilots that jobs could fill. What a decision adds is zero while it cannot be carried out; what it wants beyond the
 * pilots that work is not.
 */
function demandOf(decision: GroupDecision, { starting }: GroupSupply, pilots: readonly GroupPilot[]): number {
  const working = pilots.filter(({ phase }) => phase === 'Idle' || phase === 'Busy').length;
  return Math.max(starting + decision.add, decision.wanted - working) + costOf(decision);
}

/** Pilots that limits have kept from being wanted. */
const costOf = ({ limits }: GroupDecision): number => limits.reduce((sum, { count }) => sum + count, 0);

/** Pilots created within the last minute, whoever created them. */
function createdLately({ parts, memory }: GroupContext, pilots: readonly GroupPilot[]): number {
  const limit = parts.clock.wall() - minute;
  const young = pilots.filter(({ pod }) => Date.parse(pod.metadata.creationTimestamp ?? '') > limit);
  return young.length + memory.inWork.size;
}
