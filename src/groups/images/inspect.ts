import { describeError, isCode } from '#base/error.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import type { KubeClient } from '#kube/client.ts';
import { events } from '#kube/event.ts';
import { nameOf } from '#kube/object.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { Informers } from '../cluster/informers.ts';
import { poolKey } from '../cluster/names.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import { findWorkload } from '../pods/find-workload.ts';
import { problemAmong } from '../pods/problem-events.ts';
import { readiness, type Workload } from '../pods/readiness.ts';
import type { Finding } from '../status/conditions.ts';
import { findToken } from './ensure-publisher.ts';
import { cannotStart, claimMissing } from './findings.ts';
import { publisherNames, publisherPort } from './names.ts';
import type { PublisherAddress, PublisherClient } from './publisher-client.ts';

interface InspectServices {
  readonly client: Pick<KubeClient, 'find' | 'list'>;
  readonly informers: Pick<Informers, 'pods'>;
}

const program = { name: 'publisher', firstIt: 'is looking at its directory' } as const;

/** The publisher's pod, and whether it serves. */
export async function findPublisher(
  services: InspectServices,
  set: ImageSetResource,
  now: number,
  signal: AbortSignal,
): Promise<{ readonly workload: Workload; readonly finding: Finding }> {
  const names = { ...publisherNames(set), claim: set.spec.directory.claimName };
  const workload = await findWorkload(services, { program, names }, poolKey(set), signal);
  const finding = readiness(workload, now);
  return { workload, finding: (await plainer(services, set, workload, finding, signal)) ?? finding };
}

/** What is known to be missing, where the pod itself only says that it waits. */
async function plainer(
  { client }: InspectServices,
  set: ImageSetResource,
  { pod, claim }: Workload,
  { reason }: Finding,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const isScheduled = pod?.spec?.nodeName !== undefined;
  if (!isScheduled && claim === undefined) return claimMissing(set);
  if (reason !== 'Starting' || pod?.metadata.uid === undefined) return undefined;
  // Mounts that fail are reported nowhere else.
  const { namespace } = poolKey(set);
  const fieldSelector = `regarding.uid=${pod.metadata.uid}`;
  const { items } = await client.list(events, { namespace, fieldSelector }, signal);
  const problem = problemAmong(items);
  return problem === undefined ? undefined : cannotStart(`${problem.reason}: ${problem.message}`);
}

/** What the publisher itself answers, or why it does not: no answer is a value, not an error. */
export type Asked =
  | { readonly address: PublisherAddress; readonly answer: ImageSetStatus }
  | { readonly silence: string };

/** Asks the publishers of all sets; it remembers their tokens. */
export class Asking {
  readonly #client: Pick<KubeClient, 'find'>;
  readonly #publishers: Pick<PublisherClient, 'status'>;
  readonly #tokens = new Map<string, string>();

  constructor(options: {
    readonly client: Pick<KubeClient, 'find'>;
    readonly publishers: Pick<PublisherClient, 'status'>;
  }) {
    this.#client = options.client;
    this.#publishers = options.publishers;
  }

  async ask(
    set: ImageSetResource,
    { pod }: Pick<Workload, 'pod'>,
    { signal, logger }: ReconcileContext,
  ): Promise<Asked> {
    const { uid = '' } = set.metadata;
    try {
      const host = pod?.status?.podIP;
      const token = this.#tokens.get(uid) ?? (await findToken(this.#client, set, signal));
      if (host === undefined || token === undefined) return { silence: 'its pod has no address yet' };
      this.#tokens.set(uid, token);
      const address = { host, port: publisherPort, token };
      return { address, answer: await this.#publishers.status(address, signal) };
    } catch (error) {
      signal.throwIfAborted();
      // Somebody may have replaced the Secret.
      if (isCode(error, 'Unauthenticated')) this.#tokens.delete(uid);
      logger.warn({ set: nameOf(set.metadata), err: error }, 'the publisher does not answer');
      return { silence: describeError(error) };
    }
  }

  forget(uid: string): void {
    this.#tokens.delete(uid);
  }
}
