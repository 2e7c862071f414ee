import type { Happening } from '#kube/event.ts';
import { groups } from '../cluster/resources.ts';
import type { GroupContext } from './context.ts';
import type { GroupFacts } from './facts.ts';

/** Tells of what a reconcile did; equal happenings are counted together by the recorder. */
export function tellEvents(context: GroupContext, facts: GroupFacts, created: number): void {
  const { parts, group } = context;
  for (const happening of happenings(context, facts, created))
    parts.recorder.record(groups, group, happening);
}

function happenings(context: GroupContext, facts: GroupFacts, created: number): readonly Happening[] {
  const { blocker } = facts.isolation ?? {};
  const isTrouble = blocker !== undefined && blocker.reason !== 'ProbingIsolation';
  return [
    ...(created > 0 ? [createdPilots(created, facts.plan.reason)] : []),
    ...opened(context, facts),
    ...refused(context),
    ...(isTrouble ? [warning(blocker.reason, 'Probe', blocker.message)] : []),
  ];
}

const warning = (reason: string, action: string, note: string): Happening => ({
  type: 'Warning',
  reason,
  action,
  note,
});

function createdPilots(count: number, why: string): Happening {
  const note = `Created ${count === 1 ? '1 pilot' : `${count} pilots`}: ${why}`;
  return { type: 'Normal', reason: 'PilotsCreated', action: 'Create', note };
}

function opened({ group, memory }: GroupContext, { breaker }: GroupFacts): readonly Happening[] {
  const isNew = breaker.reason !== undefined && (group.status?.breaker?.state ?? 'Closed') === 'Closed';
  const last = memory.lastFailure === undefined ? '' : `. The last failure was that of ${memory.lastFailure}`;
  return isNew ? [warning('BreakerOpen', 'Stop', `Pilots fail to start${last}`)] : [];
}

function refused({ memory, parts }: GroupContext): readonly Happening[] {
  const { refusal } = memory;
  if (refusal === undefined || refusal.until <= parts.clock.monotonic()) return [];
  return [warning(refusal.fault.reason, 'Create', refusal.fault.message)];
}

/** Tells of a pilot that failed: each with its own reason. */
export function tellFailure({ parts, group }: Pick<GroupContext, 'parts' | 'group'>, reason: string): void {
  const note = `A pilot failed: ${reason}`;
  parts.recorder.record(groups, group, warning('PilotFailed', 'Run', note));
}
