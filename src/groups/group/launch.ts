import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { isAlreadyExists, isForbidden, isInvalid, isNotFound, type KubeError } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import type { Logger } from '#telemetry/logger.ts';
import { newSpan, type Tracing } from '#telemetry/span.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import { type PodOrder, pilotPod } from '../pods/build.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { refusalFault } from '../pods/faults.ts';
import { podName } from '../pods/numbers.ts';
import { labelsOf } from './current-group.ts';
import type { GroupMetrics } from './metrics.ts';

/** Requests to the API server at once. */
const atOnce = 16;

/** What became of one number. */
type Result =
  /** There is a pod of this group under it. */
  | { readonly kind: 'created' | 'existed' }
  /** Its name belongs to something else. */
  | { readonly kind: 'foreign' }
  /** The API server refuses it. */
  | { readonly kind: 'refused'; readonly error: KubeError }
  /** Nobody knows: the same number is tried again. */
  | { readonly kind: 'unknown'; readonly error: unknown }
  /** Not tried, because another was refused. */
  | { readonly kind: 'skipped' };

export interface Launched {
  readonly count: number;
  /** The first failure that was not a refusal. */
  readonly failure: unknown;
}

export interface LaunchServices {
  readonly client: Pick<KubeClient, 'create' | 'get'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly groupMetrics: Pick<GroupMetrics, 'created'>;
  readonly logger: Logger;
  /** Absent if nobody wants spans. */
  readonly tracing?: Tracing | undefined;
}

type LaunchMemory = Pick<GroupMemory, 'expectations' | 'backoff'>;

/**
 * Creates a pod for each number. The numbers are already reserved, so whatever happens in here can be repeated: a pod
 * of this group that already has the number is the pod that was wanted.
 */
export async function launchPilots(
  numbers: readonly number[],
  order: PodOrder,
  memory: LaunchMemory,
  cures: CureContext,
  services: LaunchServices,
  signal: AbortSignal,
): Promise<Launched> {
  const waiting = [...numbers];
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      const stop = results.some(({ kind }) => kind === 'refused') || signal.aborted;
      const result: Result = stop ? { kind: 'skipped' } : await createOne(number, order, services, signal);
      settle(number, result, memory, cures, services);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, numbers.length) }, work));
  const refused = results.find((result) => result.kind === 'refused');
  if (refused === undefined && numbers.length > 0) memory.backoff.succeeded();
  return {
    count: results.filter(({ kind }) => kind === 'created').length,
    failure: results.find((result) => result.kind === 'unknown')?.error,
  };
}

async function createOne(
  number: number,
  order: PodOrder,
  { client, clock, groupMetrics, tracing }: LaunchServices,
  signal: AbortSignal,
): Promise<Result> {
  const { group } = order;
  const name = podName(group.metadata.name, number);
  const begun = clock.monotonic();
  try {
    const trace = tracing && newSpan(tracing, undefined);
    await client.create(pods, pilotPod(name, order, trace), signal);
    groupMetrics.created(labelsOf(group), clock.monotonic() - begun);
    return { kind: 'created' };
  } catch (error) {
    if (isAlreadyExists(error)) return ownerOf(name, group, client, signal);
    // A namespace that is being deleted answers 403, one that is gone 404.
    if (isForbidden(error) || isInvalid(error) || isNotFound(error)) return { kind: 'refused', error };
    return { kind: 'unknown', error };
  }
}

/** Whether the pod that has the name is this group's. */
async function ownerOf(
  name: string,
  group: GroupResource,
  client: LaunchServices['client'],
  signal: AbortSignal,
): Promise<Result> {
  try {
    const key = { namespace: group.metadata.namespace ?? '', name };
    const { metadata } = await client.get(pods, key, signal);
    const isOurs = metadata.ownerReferences?.some(({ uid }) => uid === group.metadata.uid) ?? false;
    return { kind: isOurs ? 'existed' : 'foreign' };
  } catch (error) {
    // It existed and is gone: whoever created it has had its pilot.
    return isNotFound(error) ? { kind: 'existed' } : { kind: 'unknown', error };
  }
}

function settle(
  number: number,
  result: Result,
  { expectations, backoff }: LaunchMemory,
  cures: CureContext,
  { clock, random, logger }: LaunchServices,
): void {
  switch (result.kind) {
    case 'created':
    case 'existed':
      expectations.confirm(number, clock.monotonic());
      return;
    case 'foreign':
      expectations.useUp(number);
      return;
    case 'refused': {
      const words = result.error.body?.message ?? result.error.message;
      expectations.free([number]);
      // Asking again at once would only be refused again.
      backoff.refused(() => refusalFault(words, cures), clock.monotonic(), random);
      return;
    }
    case 'unknown':
      logger.debug({ number, err: result.error }, 'it is unknown whether a pod was created');
      expectations.free([number]);
      return;
    case 'skipped':
      expectations.free([number]);
      return;
  }
}
