import { type Fault, startFault } from '../pods/faults.ts';
import { startTroubleOf } from '../pods/start-errors.ts';
import { unplaced } from '../pods/unplaced.ts';
import { faultContextOf, type GroupContext } from './context.ts';
import type { GroupFacts } from './facts.ts';
import type { GroupSnapshot } from './group-snapshot.ts';

/** What the conditions of a group are derived from, as a reconcile found it. */
export function snapshotOf(context: GroupContext, facts: GroupFacts): GroupSnapshot {
  const { heard, memory, spec, poolName } = context;
  const { pilots, isolation, decision } = facts;
  return {
    suspended: spec.suspend,
    blocker: facts.blocker,
    refusal: memory.refusal?.fault,
    breaker: breakerSentence(context, facts),
    start: firstThatCannotStart(context, facts),
    unplaced: unplaced(pilots, faultContextOf(context)),
    lastFailure: memory.lastFailure,
    isolation: isolationNote(isolation),
    pool: poolName,
    unknown: heard.known ? undefined : heard.reason,
    wanted: isDecided(context) ? decision.wanted : undefined,
    starting: facts.starting,
    working: pilots.filter(({ phase }) => phase === 'Idle' || phase === 'Busy').length,
    limits: facts.plan.limits.map(({ name, value }) => `${name} (${value})`),
  };
}

/** Before its policy has decided once, what a group should have is not known. */
const isDecided = ({ spec, parts, group }: GroupContext): boolean =>
  spec.replicas !== undefined || parts.decisions.latest(group) !== undefined;

/** RFC 3339, whole seconds: what stays the same as long as it is right is written once. */
export const clockTime = (wall: number): string =>
  new Date(Math.round(wall / 1000) * 1000).toISOString().replace('.000Z', 'Z');

function breakerSentence({ parts }: GroupContext, { breaker }: GroupFacts): string | undefined {
  if (breaker.reason === undefined || breaker.wait === undefined) return breaker.reason;
  return `${breaker.reason}; the next is tried at ${clockTime(parts.clock.wall() + breaker.wait)}`;
}

function firstThatCannotStart(context: GroupContext, { pilots }: GroupFacts): Fault | undefined {
  const { spec, memory } = context;
  for (const { pod, name, phase, uid } of pilots) {
    if (phase !== 'Pulling' && phase !== 'Starting') continue;
    const trouble = startTroubleOf(pod, spec.startErrors, memory.complaints.get(uid));
    if (trouble === undefined) continue;
    const { reason, message } = startFault(trouble.reason, trouble.message, faultContextOf(context));
    return { reason, message: `${name} cannot start: ${message}` };
  }
  return undefined;
}

function isolationNote(isolation: GroupFacts['isolation']): string {
  if (isolation?.tier === undefined) return '';
  const worse = isolation.record?.message;
  const why = worse === undefined ? '' : `. Nothing better works: ${worse}`;
  return ` with isolation ${isolation.tier}${why}`;
}
