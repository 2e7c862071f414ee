import { milliseconds } from '#spec/fields.ts';
import { containerOf, standingOf } from './carrier.ts';
import { type GroupContext, labelsOf } from './context.ts';
import { tellFailure } from './events.ts';
import { isClustersFault, proofOfDeath } from './fault-of.ts';
import type { GroupPilot } from './observe.ts';

/** Takes note of pilots that registered or ended since the last look, each once, in the order of their ends. */
export function learn(context: GroupContext, pilots: readonly GroupPilot[]): void {
  const { memory, parts } = context;
  const news = pilots.filter(({ uid }) => !memory.counted.has(uid));
  for (const pilot of news.filter(
    ({ everRegistered, carrier }) => everRegistered && carrier.state !== 'Ended',
  )) {
    memory.counted.add(pilot.uid);
    memory.outcomes.add({ at: parts.clock.monotonic(), failed: false });
  }
  const ended = pilots.filter(({ carrier }) => carrier.state === 'Ended');
  for (const pilot of ended) bury(context, pilot);
  for (const pilot of ended.filter(({ uid }) => !memory.counted.has(uid)).sort(byEnd)) {
    memory.counted.add(pilot.uid);
    noteEnd(context, pilot);
  }
  forget(context, pilots);
}

const endOf = ({ pod }: GroupPilot): number => standingOf(pod).since ?? 0;
const byEnd = (a: GroupPilot, b: GroupPilot): number => endOf(a) - endOf(b);

function noteEnd(context: GroupContext, pilot: GroupPilot): void {
  const { memory, parts, logger } = context;
  const { carrier, pod, name } = pilot;
  if (carrier.state !== 'Ended') return;
  if (carrier.failed) {
    memory.lastFailure = `${name}: ${carrier.reason}`;
    tellFailure(context, memory.lastFailure);
  }
  if (carrier.failed && isClustersFault(pod)) return;
  const failed = carrier.failed && !didRegister(pilot, milliseconds(context.spec.deadlines.unregistered));
  const ago = Math.max(0, parts.clock.wall() - endOf(pilot));
  memory.outcomes.add({ at: parts.clock.monotonic() - ago, failed });
  logger.info({ pilot: name, failed: carrier.failed, reason: carrier.reason }, 'pilot ended');
  if (failed) parts.groupMetrics.failed(labelsOf(context));
}

/** After a restart nobody remembers who registered; a pilot that ran for longer than it may be unregistered did. */
function didRegister({ everRegistered, pod }: GroupPilot, unregistered: number): boolean {
  const { startedAt, finishedAt } = containerOf(pod)?.state?.terminated ?? {};
  if (everRegistered || startedAt === undefined || finishedAt === undefined) return everRegistered;
  return Date.parse(finishedAt) - Date.parse(startedAt) > unregistered;
}

function bury({ parts, poolName }: GroupContext, { uid, pod, carrier }: GroupPilot): void {
  const proof = proofOfDeath(pod);
  if (proof === undefined || carrier.state !== 'Ended') return;
  parts.graveyard.bury(uid, poolName, `${proof}: ${carrier.reason}`);
}

/** What is remembered of pods that are gone is of no use. */
function forget({ memory }: GroupContext, pilots: readonly GroupPilot[]): void {
  const uids = new Set(pilots.map(({ uid }) => uid));
  for (const remembered of [memory.counted, memory.registeredAt, memory.troubleSince]) {
    for (const uid of remembered.keys()) if (!uids.has(uid)) remembered.delete(uid);
  }
}
