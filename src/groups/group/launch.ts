import { Backoff } from '#base/backoff.ts';
import { isAlreadyExists, isForbidden, isInvalid, isNotFound, type KubeError } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import { type PodOrder, pilotPod } from '../pods/build.ts';
import { refusalFault } from '../pods/faults.ts';
import { podName } from '../pods/numbers.ts';
import { faultContextOf, type GroupContext, labelsOf } from './context.ts';

/** Requests to the API server at once. */
const atOnce = 16;

/** What became of one number. */
type Result =
  /** There is a pod of this group under it. */
  | { readonly kind: 'created' | 'existed' }
  /** Its name belongs to something else. */
  | { readonly kind: 'foreign' }
  /** The API server will not have it. */
  | { readonly kind: 'refused'; readonly error: KubeError }
  /** Nobody knows: the same number is tried again. */
  | { readonly kind: 'unknown'; readonly error: unknown }
  /** Not tried, because another was refused. */
  | { readonly kind: 'skipped' };

export interface Created {
  readonly count: number;
  /** The first failure that was no refusal. */
  readonly failure: unknown;
}

/**
 * Creates a pod for each number. The numbers are reserved already, so whatever happens in here can be done again: a pod
 * that exists under the number and is this group's is the pod that was wanted.
 */
export async function createPilots(
  context: GroupContext,
  numbers: readonly number[],
  order: PodOrder,
): Promise<Created> {
  const waiting = [...numbers];
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      const stop = results.some(({ kind }) => kind === 'refused') || context.signal.aborted;
      const result: Result = stop ? { kind: 'skipped' } : await createOne(context, number, order);
      settle(context, number, result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, numbers.length) }, work));
  const refused = results.find((result) => result.kind === 'refused');
  if (refused === undefined && numbers.length > 0) context.memory.refusal = undefined;
  return {
    count: results.filter(({ kind }) => kind === 'created').length,
    failure: results.find((result) => result.kind === 'unknown')?.error,
  };
}

async function createOne(context: GroupContext, number: number, order: PodOrder): Promise<Result> {
  const { parts, group, signal } = context;
  const name = podName(group.metadata.name, number);
  const begun = parts.clock.monotonic();
  try {
    await parts.client.create(pods, pilotPod(name, order), signal);
    parts.groupMetrics.created(labelsOf(context), parts.clock.monotonic() - begun);
    return { kind: 'created' };
  } catch (error) {
    if (isAlreadyExists(error)) return whose(context, name);
    // A namespace that is being deleted answers 403, one that is gone 404.
    if (isForbidden(error) || isInvalid(error) || isNotFound(error)) return { kind: 'refused', error };
    return { kind: 'unknown', error };
  }
}

/** Whose the pod is that has the name. */
async function whose({ parts, group, signal }: GroupContext, name: string): Promise<Result> {
  try {
    const key = { namespace: group.metadata.namespace ?? '', name };
    const { metadata } = await parts.client.get(pods, key, signal);
    const isOurs = metadata.ownerReferences?.some(({ uid }) => uid === group.metadata.uid) ?? false;
    return { kind: isOurs ? 'existed' : 'foreign' };
  } catch (error) {
    // It existed and is gone: whoever made it has had its pilot.
    return isNotFound(error) ? { kind: 'existed' } : { kind: 'unknown', error };
  }
}

/** What the memory keeps of it. A number that leaves `inWork` without being spent is used again. */
function settle(context: GroupContext, number: number, result: Result): void {
  const { parts, memory, logger } = context;
  switch (result.kind) {
    case 'created':
    case 'existed':
      // The copy of the cluster may have shown the pod before the answer came.
      if (memory.inWork.has(number)) memory.confirmed.set(number, parts.clock.monotonic());
      return;
    case 'foreign':
      memory.inWork.delete(number);
      memory.spent.add(number);
      return;
    case 'refused':
      memory.inWork.delete(number);
      refuse(context, result.error);
      return;
    case 'unknown':
      logger.debug({ number, err: result.error }, 'nobody knows whether a pod was created');
      memory.inWork.delete(number);
      return;
    case 'skipped':
      memory.inWork.delete(number);
      return;
  }
}

/** Asking again at once would be refused again: wait, longer each time. */
function refuse(context: GroupContext, error: KubeError): void {
  const { parts, memory } = context;
  const now = parts.clock.monotonic();
  if (memory.refusal !== undefined && memory.refusal.until > now) return;
  const backoff =
    memory.refusal?.backoff ?? new Backoff({ first: 5000, most: 300_000, random: parts.random });
  memory.refusal = {
    fault: refusalFault(error.body?.message ?? error.message, faultContextOf(context)),
    until: now + backoff.next(),
    backoff,
  };
}
