import type { ProvedIsolation } from '#api/glidein-group-status.ts';
import { isAlreadyExists, isForbidden, isInvalid, isNotFound } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import { faultContextOf, type GroupContext } from '../group/context.ts';
import { probePod } from '../pods/build.ts';
import { refusalFault } from '../pods/faults.ts';
import { podsOf } from '../pods/pilot-pods.ts';
import type { IsolationTier } from '../pods/security.ts';
import { type Isolation, type IsolationFacts, isolationDigest, isolationOf, probeName } from './isolation.ts';

/** A pod that the API server has refused is tried again after so long, milliseconds. */
const refusedFor = 30_000;

/** Finds out how pilots of the group may be isolated, as far as that is known, and does the next step towards it. */
export async function probeIsolation(context: GroupContext, poolUrl: string): Promise<Isolation> {
  const { parts, group, spec } = context;
  const digest = isolationDigest(spec, parts.settings);
  let found = isolationOf(factsOf(context, digest));
  // A refusal is an answer: the next tier is looked at at once.
  while (found.create !== undefined && (await isRefused(context, found.create, digest, poolUrl))) {
    found = isolationOf(factsOf(context, digest));
  }
  // The probe pods go now; the status with what they proved may be written later.
  context.memory.isolation = found.record;
  for (const name of found.remove) {
    const key = { namespace: group.metadata.namespace ?? '', name };
    await parts.client.delete(pods, key, {}, context.signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  return found;
}

function factsOf(context: GroupContext, digest: string): IsolationFacts {
  const { parts, group, spec, memory } = context;
  const probes = podsOf(parts.informers.pods.store, group, 'probe').filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const limit = parts.clock.monotonic() - refusedFor;
  const refused = [...memory.refusedProbes].filter(([, each]) => each.digest === digest && each.at > limit);
  return {
    declared: spec.isolation,
    recorded: newer(memory.isolation, group.status?.isolation),
    digest,
    probes: new Map(probes.map((pod) => [pod.metadata.name, pod])),
    refused: new Map(refused.map(([tier, { fault }]) => [tier, fault])),
    complaints: memory.complaints,
    cures: faultContextOf(context),
    group: group.metadata.name,
    now: parts.clock.wall(),
  };
}

/** What was proved last, whether it stands in the status yet or not. */
function newer(mine: ProvedIsolation | undefined, written: ProvedIsolation | undefined) {
  if (mine === undefined || written === undefined) return mine ?? written;
  return Date.parse(mine.provedAt) > Date.parse(written.provedAt) ? mine : written;
}

/** Creates a probe pod; whether the API server refuses it, which is remembered for a while. */
async function isRefused(context: GroupContext, tier: IsolationTier, digest: string, poolUrl: string) {
  const { parts, group, spec, memory, signal, logger } = context;
  const name = probeName(group.metadata.name, digest, tier);
  const order = { group, spec, poolUrl, tier, settings: parts.settings };
  try {
    await parts.client.create(pods, probePod(name, order), signal);
    logger.info({ tier, pod: name }, 'a probe pod tries an isolation');
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    if (!isForbidden(error) && !isInvalid(error) && !isNotFound(error)) throw error;
    const fault = refusalFault(error.body?.message ?? error.message, faultContextOf(context));
    memory.refusedProbes.set(tier, { digest, fault, at: parts.clock.monotonic() });
    return true;
  }
  return false;
}
