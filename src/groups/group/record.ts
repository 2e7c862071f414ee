import { milliseconds } from '#spec/fields.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { wasDisrupted } from '../pods/end.ts';
import { containerOf, podState } from '../pods/state.ts';
import { type GroupContext, labelsOf } from './context.ts';
import { tellFailure } from './events.ts';

/**
 * Takes note of pilots that registered or ended since the last look, each once. A new life of the operator sees many at
 * once: they are taken in the order of their starts and ends, so that what came before a success does not count.
 */
export function learn(context: GroupContext, pilots: readonly GroupPilot[]): void {
  for (const pilot of pilots) noteRegistered(context, pilot);
  for (const pilot of [...pilots].sort((a, b) => timeOf(a) - timeOf(b))) {
    if (hasEnded(pilot)) noteEnd(context, pilot);
    else if (pilot.everRegistered) count(context, pilot, false);
  }
  forget(context, pilots);
}

/** For the breaker, once a pilot. */
function count(context: GroupContext, pilot: GroupPilot, failed: boolean): void {
  const { memory, parts } = context;
  if (memory.counted.has(pilot.uid)) return;
  memory.counted.add(pilot.uid);
  memory.outcomes.add({ at: agoOf(context, pilot), failed });
  if (failed) parts.groupMetrics.failed(labelsOf(context));
}

const hasEnded = ({ runtime }: GroupPilot): boolean => runtime.state === 'Ended';

/** Wall time of a pilot's end, or of its container's start. */
const timeOf = ({ pod }: GroupPilot): number => podState(pod).since ?? 0;

/** The same on the monotonic clock. */
function agoOf({ parts }: GroupContext, pilot: GroupPilot): number {
  return parts.clock.monotonic() - Math.max(0, parts.clock.wall() - timeOf(pilot));
}

function noteEnd(context: GroupContext, pilot: GroupPilot): void {
  const { memory, logger, parts } = context;
  const { runtime, pod, name, uid } = pilot;
  if (runtime.state !== 'Ended' || memory.ended.has(uid)) return;
  memory.ended.add(uid);
  logger.info({ pilot: name, failed: runtime.failed, reason: runtime.reason }, 'pilot ended');
  if (runtime.failed) {
    memory.lastFailure = `${name}: ${runtime.reason}`;
    tellFailure(context, memory.lastFailure);
    if (wasDisrupted(pod)) return;
  }
  const registered = didRegister(pilot, milliseconds(context.spec.deadlines.unregistered));
  if (runtime.failed && registered) parts.groupMetrics.lost(labelsOf(context));
  count(context, pilot, runtime.failed && !registered);
}

/** After a restart nobody remembers who registered; a pilot that ran for longer than it may be unregistered did. */
function didRegister({ everRegistered, pod }: GroupPilot, unregistered: number): boolean {
  const { startedAt, finishedAt } = containerOf(pod)?.state?.terminated ?? {};
  if (everRegistered || startedAt === undefined || finishedAt === undefined) return everRegistered;
  return Date.parse(finishedAt) - Date.parse(startedAt) > unregistered;
}

/** When the pool last had it: a pilot that the pool forgets has its time to register anew from then. */
function noteRegistered({ memory, parts }: GroupContext, { uid, demand, registered }: GroupPilot): void {
  if (demand.known && registered !== undefined) memory.registeredAt.set(uid, parts.clock.monotonic());
}

/** What is remembered of pods that are gone is of no use. */
function forget({ memory }: GroupContext, pilots: readonly GroupPilot[]): void {
  const uids = new Set(pilots.map(({ uid }) => uid));
  for (const remembered of [memory.counted, memory.ended, memory.registeredAt, memory.troubleSince]) {
    for (const uid of remembered.keys()) if (!uids.has(uid)) remembered.delete(uid);
  }
}
