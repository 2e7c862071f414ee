import type { Clock } from '#base/clock.ts';
import { errorCatalogue } from '#base/error.ts';
import { milliseconds } from '#spec/fields.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Tracing } from '#telemetry/span.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import type { PilotHistory } from '../pilots/history.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { recordPodSpans } from '../pilots/pod-spans.ts';
import { wasDisrupted } from '../pods/end.ts';
import { containerOf } from '../pods/pilot-pods.ts';
import { podState } from '../pods/state.ts';
import { type CurrentGroup, labelsOf } from './current-group.ts';
import { type GroupRecorder, tellFailure } from './events.ts';
import type { GroupMetrics } from './metrics.ts';

export interface RecordServices {
  readonly clock: Clock;
  readonly recorder: GroupRecorder;
  readonly groupMetrics: Pick<GroupMetrics, 'failed' | 'failedOn' | 'lost' | 'started'>;
  readonly logger: Pick<Logger, 'info'>;
  /** Absent if nobody wants spans. */
  readonly tracing?: Tracing | undefined;
}

type RecordedGroup = Pick<CurrentGroup, 'group' | 'spec'>;

/**
 * Records pilots that registered or ended since the last look, each once. A new life of the operator sees many at once:
 * they are taken in the order of their starts and ends, so that what came before a success does not count.
 */
export function recordPilots(
  current: RecordedGroup,
  pilots: readonly GroupPilot[],
  memory: Pick<GroupMemory, 'history' | 'startUps' | 'badNodes'>,
  services: RecordServices,
): void {
  const { clock, groupMetrics } = services;
  const { history, startUps, badNodes } = memory;
  for (const { uid, demand, registered } of pilots) {
    if (demand.known && registered !== undefined) history.sawRegistered(uid, clock.monotonic());
  }
  for (const pilot of pilots) {
    const steps = startUps.look(pilot, clock);
    groupMetrics.started(steps);
    if (steps.some(({ step }) => step === 'Registered')) tracePod(current, pilot, services);
  }
  for (const pilot of [...pilots].sort((a, b) => timeOf(a) - timeOf(b))) {
    if (pilot.runtime.state === 'Ended') recordEnd(current, pilot, memory, services);
    else if (pilot.everRegistered) count(current, pilot, false, history, services);
  }
  const uids = new Set(pilots.map(({ uid }) => uid));
  history.keepOnly(uids);
  startUps.keepOnly(uids);
  badNodes.keepLast(milliseconds(current.spec.badNodes.avoidFor), clock.monotonic());
}

function recordEnd(
  current: RecordedGroup,
  pilot: GroupPilot,
  { history, badNodes }: Pick<GroupMemory, 'history' | 'badNodes'>,
  services: RecordServices,
): void {
  const { group, spec } = current;
  const { logger, recorder, groupMetrics } = services;
  const { runtime, pod, name, uid } = pilot;
  if (runtime.state !== 'Ended' || !history.sawEnd(uid)) return;
  const { failed, reason } = runtime;
  logger.info({ pilot: name, failed, reason }, 'pilot ended');
  if (failed) {
    history.lastFailure = `${nameWithNode(pod)}: ${reason}`;
    tellFailure(recorder, group, history.lastFailure);
    if (wasDisrupted(pod)) return;
    groupMetrics.failedOn(pod.spec?.nodeName);
    const node = blamedNode(pod);
    if (node !== undefined) badNodes.saw(node, endOf(pilot, services));
  }
  const registered = didRegister(pilot, milliseconds(spec.deadlines.unregistered));
  if (!registered) tracePod(current, pilot, services, reason);
  if (failed && registered) groupMetrics.lost(labelsOf(group));
  count(current, pilot, failed && !registered, history, services);
}

/** @param failure why it has ended without having registered */
function tracePod(
  { group }: RecordedGroup,
  pilot: GroupPilot,
  { tracing, clock }: RecordServices,
  failure?: string,
): void {
  if (tracing !== undefined)
    recordPodSpans(pilot, { tracing, group: group.metadata.name, at: clock.wall(), failure });
}

const nameWithNode = ({ metadata, spec }: GroupPilot['pod']): string =>
  spec?.nodeName === undefined ? metadata.name : `${metadata.name} on ${spec.nodeName}`;

/** The node of which the pilot itself has said that payloads cannot run there. */
const blamedNode = (pod: GroupPilot['pod']): string | undefined =>
  containerOf(pod)?.state?.terminated?.exitCode === errorCatalogue.RuntimeFailed.exit
    ? pod.spec?.nodeName
    : undefined;

/** Monotonic milliseconds. */
const endOf = (pilot: GroupPilot, { clock }: Pick<RecordServices, 'clock'>): number =>
  clock.monotonic() - Math.max(0, clock.wall() - timeOf(pilot));

/** For the breaker, once a pilot. */
function count(
  { group }: RecordedGroup,
  pilot: GroupPilot,
  failed: boolean,
  history: PilotHistory,
  { clock, groupMetrics }: RecordServices,
): void {
  const at = endOf(pilot, { clock });
  if (history.count(pilot.uid, at, failed) && failed) groupMetrics.failed(labelsOf(group));
}

/** Wall time of a pilot's end, or of its container's start. */
const timeOf = ({ pod }: GroupPilot): number => podState(pod).since ?? 0;

/** After a restart nobody remembers who registered; a pilot that ran for longer than it may be unregistered did. */
function didRegister({ everRegistered, pod }: GroupPilot, unregistered: number): boolean {
  const { startedAt, finishedAt } = containerOf(pod)?.state?.terminated ?? {};
  if (everRegistered || startedAt === undefined || finishedAt === undefined) return everRegistered;
  return Date.parse(finishedAt) - Date.parse(startedAt) > unregistered;
}
