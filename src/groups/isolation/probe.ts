import type { ProvedIsolation } from '#api/glidein-group-status.ts';
import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { isAlreadyExists, isForbidden, isInvalid, isNotFound } from '#kube/kube-error.ts';
import { type Pod, pods } from '#kube/resource.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type PodOrder, probePod } from '../pods/build.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { refusalFault } from '../pods/faults.ts';
import type { IsolationTier } from '../pods/security.ts';
import type { StartProblem } from '../pods/start-errors.ts';
import type { Fault } from '../status/conditions.ts';
import { type Isolation, type IsolationFacts, isolationDigest, isolationOf, probeName } from './isolation.ts';

/** After how long a refused probe pod is tried again, milliseconds. */
const refusedFor = 30_000;

/** What the probes of one group have shown and its status does not say, or not yet. */
export class ProbeMemory {
  /** What was proved last: the probe pods go at once, the status may be written later. */
  proved: ProvedIsolation | undefined;
  readonly #refused = new Map<
    IsolationTier,
    { readonly digest: string; readonly fault: Fault; readonly at: number }
  >();

  refuse(tier: IsolationTier, digest: string, fault: Fault, now: number): void {
    this.#refused.set(tier, { digest, fault, at: now });
  }

  /** Why the API server has recently refused probe pods of this digest, by tier. */
  refused(digest: string, now: number): ReadonlyMap<IsolationTier, Fault> {
    const recent = [...this.#refused].filter(
      ([, each]) => each.digest === digest && each.at > now - refusedFor,
    );
    return new Map(recent.map(([tier, { fault }]) => [tier, fault]));
  }
}

interface ProbeSources {
  readonly client: Pick<KubeClient, 'create' | 'delete'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memory: ProbeMemory;
  /** The probe pods of the group that the informer has. */
  readonly probes: () => readonly Pod[];
  /** What Events report of them, by uid. */
  readonly reported: ReadonlyMap<string, StartProblem>;
  readonly cures: CureContext;
}

/** Finds out how pilots of the group may be isolated, as far as that is known, and takes the next step towards it. */
export async function probeIsolation(
  order: Omit<PodOrder, 'tier'>,
  sources: ProbeSources,
  signal: AbortSignal,
): Promise<Isolation> {
  const { client, memory } = sources;
  const { namespace = '' } = order.group.metadata;
  const digest = isolationDigest(order.spec, order.settings);
  let found = isolationOf(factsOf(order, digest, sources));
  // A refusal is an answer: the next tier is tried at once.
  while (
    found.create !== undefined &&
    (await isRefused({ ...order, tier: found.create }, digest, sources, signal))
  ) {
    found = isolationOf(factsOf(order, digest, sources));
  }
  memory.proved = found.record;
  for (const name of found.remove) {
    await client.delete(pods, { namespace, name }, {}, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  return found;
}

function factsOf(
  { group, spec }: Omit<PodOrder, 'tier'>,
  digest: string,
  { clock, memory, probes, reported, cures }: ProbeSources,
): IsolationFacts {
  const living = probes().filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return {
    // Payloads without containers need nothing that a probe could find out.
    declared: spec.pilot.runtime.mode === 'Direct' ? 'Shared' : spec.isolation,
    recorded: newer(memory.proved, group.status?.isolation),
    digest,
    probes: new Map(living.map((pod) => [pod.metadata.name, pod])),
    refused: memory.refused(digest, clock.monotonic()),
    reported,
    cures,
    group: group.metadata.name,
    now: clock.wall(),
  };
}

/** What was proved last, whether or not it is in the status yet. */
function newer(mine: ProvedIsolation | undefined, written: ProvedIsolation | undefined) {
  if (mine === undefined || written === undefined) return mine ?? written;
  return Date.parse(mine.provedAt) > Date.parse(written.provedAt) ? mine : written;
}

/** Creates a probe pod. @returns whether the API server refuses it, which is remembered for a while */
async function isRefused(
  order: PodOrder,
  digest: string,
  { client, clock, logger, memory, cures }: ProbeSources,
  signal: AbortSignal,
): Promise<boolean> {
  const { group, tier } = order;
  const name = probeName(group.metadata.name, digest, tier);
  try {
    await client.create(pods, probePod(name, order), signal);
    logger.info({ tier, pod: name }, 'created a probe pod to try an isolation');
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    if (!isForbidden(error) && !isInvalid(error) && !isNotFound(error)) throw error;
    memory.refuse(tier, digest, refusalFault(error.body?.message ?? error.message, cures), clock.monotonic());
    return true;
  }
  return false;
}
