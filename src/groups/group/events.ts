import type { BreakerVerdict } from '#fleet/breaker.ts';
import type { Happening } from '#kube/event.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import { type GroupResource, groups } from '../cluster/resources.ts';
import { numberOf } from '../pods/numbers.ts';
import type { Fault } from '../status/conditions.ts';
import type { GroupPlan } from './plan.ts';

export type GroupRecorder = Pick<EventRecorder, 'record'>;

interface ToTell {
  readonly created: number;
  readonly planned: Pick<GroupPlan, 'plan' | 'breaker' | 'isolation'>;
  readonly lastFailure: string | undefined;
  /** Why the API server refuses pods now; undefined when it may be asked. */
  readonly refusal: Fault | undefined;
}

/** Records Events of what a reconcile did; the recorder counts equal ones together. */
export function tellEvents(recorder: GroupRecorder, group: GroupResource, what: ToTell): void {
  for (const happening of happenings(group, what)) recorder.record(groups, group, happening);
}

function happenings(
  group: GroupResource,
  { created, planned, lastFailure, refusal }: ToTell,
): readonly Happening[] {
  const { blocker } = planned.isolation ?? {};
  const isTrouble = blocker !== undefined && blocker.reason !== 'ProbingIsolation';
  return [
    ...(created > 0 ? [createdPilots(created, planned.plan.reason)] : []),
    ...opened(group, planned.breaker, lastFailure),
    ...(refusal === undefined ? [] : [standing(group, 'Create', refusal)]),
    ...(isTrouble ? [standing(group, 'Probe', blocker)] : []),
  ];
}

const warning = (reason: string, action: string, note: string): Happening => ({
  type: 'Warning',
  reason,
  action,
  note,
});

/** A fault that is told again and again while it lasts: one Event, although the cluster names another pod or other figures. */
function standing({ metadata }: GroupResource, action: string, { reason, message }: Fault): Happening {
  const isDetail = (word: string) => figure.test(word) || numberOf(metadata.name, word) !== undefined;
  const essence = message.replace(/[\w.-]+/g, (word) => (isDetail(word) ? '#' : word));
  return { ...warning(reason, action, message), essence };
}

/** A number or a quantity, perhaps at the end of a sentence. */
const figure = /^\d+(?:\.\d+)?(?:[munkKMGTPE]i?)?\.?$/;

function createdPilots(count: number, why: string): Happening {
  const note = `Created ${count === 1 ? '1 pilot' : `${count} pilots`}: ${why}`;
  return { type: 'Normal', reason: 'PilotsCreated', action: 'Create', note };
}

function opened(
  group: GroupResource,
  breaker: BreakerVerdict,
  lastFailure: string | undefined,
): readonly Happening[] {
  const isNew = breaker.reason !== undefined && (group.status?.breaker?.state ?? 'Closed') === 'Closed';
  const last = lastFailure === undefined ? '' : `. The last failure was that of ${lastFailure}`;
  return isNew ? [warning('BreakerOpen', 'Stop', `Pilots fail to start${last}`)] : [];
}

/** Records the failure of a pilot with its own reason. */
export function tellFailure(recorder: GroupRecorder, group: GroupResource, reason: string): void {
  recorder.record(groups, group, warning('PilotFailed', 'Run', `A pilot failed: ${reason}`));
}
