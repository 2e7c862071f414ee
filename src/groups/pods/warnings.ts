import { events, type KubeEvent } from '#kube/event.ts';
import type { Pod } from '#kube/resource.ts';
import type { GroupContext } from '../group/context.ts';
import { podsOf } from './pilot-pods.ts';
import type { Complaint } from './start-errors.ts';
import { podState } from './state.ts';

/** A pod that is younger may be merely slow, milliseconds. */
const patience = 5_000;

/** Events of a group's pods are asked for at most so often, milliseconds, and of so many pods at most. */
const every = 15_000;
const mostPods = 3;

/** What the kubelet says in Events only, the most telling first; what comes before the image, and is over with it, last. */
const telling = [
  { reason: 'FailedToRetrieveImagePullSecret', isOverWithImage: false },
  { reason: 'FailedMount', isOverWithImage: true },
  { reason: 'FailedAttachVolume', isOverWithImage: true },
  { reason: 'FailedCreatePodSandBox', isOverWithImage: true },
];

/** What the kubelet says when sandbox and volumes are there. Events last for an hour, also those of what has passed. */
const imageEvents = new Set<string | undefined>(['Pulling', 'Pulled', 'Created', 'Started']);

/**
 * Learns from Events why pods with a node do not start: mounts, pull secrets and sandboxes that fail are told nowhere
 * else. It looks at few pods, since what keeps one from starting mostly keeps all.
 */
export async function hearComplaints(context: GroupContext): Promise<void> {
  const { parts, memory, group, signal, logger } = context;
  const now = parts.clock.monotonic();
  const { store } = parts.informers.pods;
  const stuck = [...podsOf(store, group, 'probe'), ...podsOf(store, group, 'pilot')].filter((pod) =>
    isStuck(pod, parts.clock.wall()),
  );
  if (stuck.length === 0) {
    memory.complaints = new Map();
    return;
  }
  if (now - memory.complaintsAskedAt < every) return;
  memory.complaintsAskedAt = now;
  try {
    memory.complaints = await complaintsOf(context, stuck.slice(0, mostPods));
  } catch (error) {
    signal.throwIfAborted();
    // Pilots come without it.
    logger.warn({ err: error }, 'the events of pods that do not start cannot be read');
  }
}

async function complaintsOf({ parts, signal }: GroupContext, stuck: readonly Pod[]) {
  const heard = new Map<string, Complaint>();
  for (const { metadata } of stuck) {
    const { namespace = '', uid = '' } = metadata;
    const fieldSelector = `regarding.uid=${uid}`;
    const { items } = await parts.client.list(events, { namespace, fieldSelector }, signal);
    const complaint = complaintIn(items);
    if (complaint !== undefined) heard.set(uid, complaint);
  }
  return heard;
}

function isStuck(pod: Pod, wall: number): boolean {
  const { runtime, since = wall } = podState(pod);
  const isOnItsWay = runtime.state === 'Pulling' || runtime.state === 'Starting';
  return isOnItsWay && wall - since > patience;
}

/** The most telling of a pod's events that still holds; undefined where none tells more than its status. */
export function complaintIn(happened: readonly KubeEvent[]): Complaint | undefined {
  const isAtImage = happened.some(({ reason }) => imageEvents.has(reason));
  for (const { reason, isOverWithImage } of telling) {
    if (isOverWithImage && isAtImage) continue;
    const found = happened.findLast((event) => event.reason === reason);
    if (found !== undefined) return { reason, message: found.note ?? '' };
  }
  return undefined;
}
