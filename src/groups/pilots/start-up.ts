import type { Clock } from '#base/clock.ts';
import { containerOf } from '../pods/pilot-pods.ts';
import type { GroupPilot } from './observe.ts';

/**
 * The steps in which a pilot comes to work, each from the end of the one before:
 *
 * | step       | ends when                                      | is known by                         |
 * |------------|------------------------------------------------|-------------------------------------|
 * | Scheduled  | a node was found for the pod                   | the pod's condition                 |
 * | Prepared   | its volumes and network are there              | the pod's condition                 |
 * | Pulled     | its image is there, and its container started  | the container's start               |
 * | Registered | it has validated its node and joined the pool  | the first look at which it had      |
 * | Claimed    | it got its first job                           | the first look at which it had      |
 */
export const startSteps = ['Scheduled', 'Prepared', 'Pulled', 'Registered', 'Claimed'] as const;

export type StartStep = (typeof startSteps)[number];

export interface StepTime {
  readonly step: StartStep;
  readonly seconds: number;
}

/** How long the steps of starting pilots took. What began before this process looked is not known well enough to be told. */
export class StartUps {
  /** Pilots that have not registered, and those that have but had no job; the latter with the time, in monotonic milliseconds. */
  readonly #pilots = new Map<string, number | undefined>();

  /** @returns the steps that are over since the last look, each once */
  look({ uid, registered, runtime, pod }: GroupPilot, clock: Clock): readonly StepTime[] {
    if (registered === undefined) {
      if (runtime.state !== 'Ended' && !this.#pilots.has(uid)) this.#pilots.set(uid, undefined);
      return [];
    }
    if (!this.#pilots.has(uid)) return [];
    const before = this.#pilots.get(uid);
    const now = clock.monotonic();
    const claimed =
      registered === 'Busy' ? [{ step: 'Claimed', seconds: (now - (before ?? now)) / 1000 } as const] : [];
    if (registered === 'Idle') this.#pilots.set(uid, before ?? now);
    else this.#pilots.delete(uid);
    return before === undefined ? [...podSteps(pod, clock.wall()), ...claimed] : claimed;
  }

  /** What is remembered of pods that are gone is useless. */
  keepOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#pilots.keys()) if (!uids.has(uid)) this.#pilots.delete(uid);
  }
}

const podSteps = (pod: GroupPilot['pod'], registeredAt: number): readonly StepTime[] =>
  podMoments(pod, registeredAt).map(({ step, from, until }) => ({
    step,
    seconds: Math.max(0, until - from) / 1000,
  }));

/** A step between two moments, in epoch milliseconds. */
export interface StepMoments {
  readonly step: StartStep;
  readonly from: number;
  readonly until: number;
}

/** The steps until a pilot has registered, as far as its pod says when they were over. */
export function podMoments(pod: GroupPilot['pod'], registeredAt: number): readonly StepMoments[] {
  const at = (type: string) =>
    pod.status?.conditions?.find((each) => each.type === type && each.status === 'True')?.lastTransitionTime;
  const startedAt = containerOf(pod)?.state?.running?.startedAt;
  const ends = [
    ['Scheduled', at('PodScheduled')],
    ['Prepared', at('PodReadyToStartContainers')],
    ['Pulled', startedAt],
    ['Registered', new Date(registeredAt).toISOString()],
  ] as const;
  const steps: StepMoments[] = [];
  let from = Date.parse(pod.metadata.creationTimestamp ?? '');
  for (const [step, end] of ends) {
    const until = Date.parse(end ?? '');
    if (!Number.isFinite(until)) continue;
    if (Number.isFinite(from)) steps.push({ step, from, until });
    from = until;
  }
  return steps;
}
