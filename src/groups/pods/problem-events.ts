import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { events, type KubeEvent } from '#kube/event.ts';
import type { Pod } from '#kube/resource.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { StartProblem } from './start-errors.ts';
import { podState } from './state.ts';

/** A pod younger than this may merely be slow, milliseconds. */
const patience = 5_000;

/** How often the Events of a group's pods are read, milliseconds, and of how many pods at most. */
const every = 15_000;
const mostPods = 3;

/** What the kubelet reports in Events only, the most telling first; problems that are over once the image is pulled come last. */
const telling = [
  { reason: 'FailedToRetrieveImagePullSecret', isOverWithImage: false },
  { reason: 'FailedMount', isOverWithImage: true },
  { reason: 'FailedAttachVolume', isOverWithImage: true },
  { reason: 'FailedCreatePodSandBox', isOverWithImage: true },
];

/** What the kubelet reports once sandbox and volumes are there. Events stay for an hour, even if their problem is over. */
const imageEvents = new Set<string | undefined>(['Pulling', 'Pulled', 'Created', 'Started']);

/**
 * What Events say of a group's pods that have a node and do not start: mounts, pull secrets and sandboxes that fail are
 * reported nowhere else. It looks at few pods, since what keeps one from starting usually keeps all of them from it.
 */
export class ProblemEvents {
  #byUid: ReadonlyMap<string, StartProblem> = new Map();
  /** Monotonic milliseconds. */
  #readAt = Number.NEGATIVE_INFINITY;

  /** What was found last, by the uid of the pod. */
  get byUid(): ReadonlyMap<string, StartProblem> {
    return this.#byUid;
  }

  async read(
    pods: readonly Pod[],
    {
      client,
      clock,
      logger,
    }: { readonly client: Pick<KubeClient, 'list'>; readonly clock: Clock; readonly logger: Logger },
    signal: AbortSignal,
  ): Promise<void> {
    const stuck = pods.filter((pod) => isStuck(pod, clock.wall()));
    if (stuck.length === 0) {
      this.#byUid = new Map();
      return;
    }
    const now = clock.monotonic();
    if (now - this.#readAt < every) return;
    this.#readAt = now;
    try {
      this.#byUid = await problemsIn(client, stuck.slice(0, mostPods), signal);
    } catch (error) {
      signal.throwIfAborted();
      // Pilots can be created all the same.
      logger.warn({ err: error }, 'cannot read the events of pods that do not start');
    }
  }
}

async function problemsIn(client: Pick<KubeClient, 'list'>, stuck: readonly Pod[], signal: AbortSignal) {
  const found = new Map<string, StartProblem>();
  for (const { metadata } of stuck) {
    const { namespace = '', uid = '' } = metadata;
    const fieldSelector = `regarding.uid=${uid}`;
    const { items } = await client.list(events, { namespace, fieldSelector }, signal);
    const problem = problemAmong(items);
    if (problem !== undefined) found.set(uid, problem);
  }
  return found;
}

function isStuck(pod: Pod, wall: number): boolean {
  const { runtime, since = wall } = podState(pod);
  const isOnItsWay = runtime.state === 'Pulling' || runtime.state === 'Starting';
  return isOnItsWay && wall - since > patience;
}

/** The most telling of a pod's events that still holds; undefined where none tells more than its status. */
export function problemAmong(happened: readonly KubeEvent[]): StartProblem | undefined {
  const isAtImage = happened.some(({ reason }) => imageEvents.has(reason));
  for (const { reason, isOverWithImage } of telling) {
    if (isOverWithImage && isAtImage) continue;
    const found = happened.findLast((event) => event.reason === reason);
    if (found !== undefined) return { reason, message: found.note ?? '' };
  }
  return undefined;
}
