import { breakerVerdict } from '#fleet/breaker.ts';
import { plan } from '#fleet/plan.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import { standingOfGroup } from '../policy/supply.ts';
import type { GroupContext } from './context.ts';
import { decisionFor } from './decided.ts';
import type { GroupFacts } from './facts.ts';
import { learn } from './learn.ts';
import { nothingReserved, numberOf, reserve, withoutSeen } from './numbers.ts';
import type { GroupPilot } from './observe.ts';
import type { Readiness } from './prepare.ts';
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
  const { clock, informers } = parts;
  const sources = { pods: informers.pods.store, heard, memory, clock };
  const { pilots, supply } = standingOfGroup(group, spec, sources);
  learn(context, pilots);
  // Numbers are reserved in the status, and what may not be written yet may not be decided yet.
  const canAct =
    ready.make !== undefined &&
    ready.isFresh &&
    !isRefusedNow(memory, clock.monotonic()) &&
    parts.pace.allows(group.metadata.uid ?? '');
  const decision = decisionFor(context, supply, canAct);
  const now = clock.monotonic();
  const breaker = breakerVerdict(memory.outcomes.all, spec.breaker, now, supply.starting);
  const planned = plan({
    decision,
    pilots,
    deadlines: spec.deadlines,
    breaker,
    createPerMinute: spec.limits.createPerMinute,
    createdLately: createdLately(context, pilots),
    poolAnswersFor: heard.known ? heard.answersFor : 0,
  });
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
  const { numbers, reserved } = reserve(known, planned.create, taken);
  for (const number of numbers) memory.inWork.add(number);
  memory.starting = supply.starting;
  return {
    numbers,
    facts: {
      pilots,
      starting: supply.starting + numbers.length,
      demand: supply.starting + decision.add + costOf(decision),
      blocker: ready.blocker,
      isolation: ready.isolation,
      decision,
      plan: planned,
      breaker,
      reserved,
    },
  };
}

/** Pilots that limits have kept from being wanted. */
const costOf = ({ limits }: GroupDecision): number => limits.reduce((sum, { count }) => sum + count, 0);

/** Pilots created within the last minute, whoever created them. */
function createdLately({ parts, memory }: GroupContext, pilots: readonly GroupPilot[]): number {
  const limit = parts.clock.wall() - minute;
  const young = pilots.filter(({ pod }) => Date.parse(pod.metadata.creationTimestamp ?? '') > limit);
  return young.length + memory.inWork.size;
}
