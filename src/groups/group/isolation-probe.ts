import { isAlreadyExists, isForbidden, isInvalid, isNotFound } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import type { GroupContext } from './context.ts';
import { type Isolation, isolationDigest, isolationOf, probeName } from './isolation.ts';
import { podsOf } from './observe.ts';
import { probePod } from './pod-builder.ts';
import type { IsolationTier } from './pod-security.ts';

/** Finds out how pilots of the group may be isolated, as far as that is known, and does the next step towards it. */
export async function probeIsolation(context: GroupContext, poolUrl: string): Promise<Isolation> {
  const { parts, group, spec } = context;
  const digest = isolationDigest(spec, parts.settings);
  const found = isolationOf(factsOf(context, digest));
  if (found.create !== undefined) await createProbe(context, found.create, digest, poolUrl);
  for (const name of found.remove) {
    const key = { namespace: group.metadata.namespace ?? '', name };
    await parts.client.delete(pods, key, {}, context.signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  return found;
}

function factsOf({ parts, group, spec, memory }: GroupContext, digest: string) {
  const probes = podsOf(parts.informers.pods.store, group, 'probe').filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const refused = [...memory.refusedProbes].filter(([, each]) => each.digest === digest);
  return {
    declared: spec.isolation,
    recorded: group.status?.isolation,
    digest,
    probes: new Map(probes.map((pod) => [pod.metadata.name, pod])),
    refused: new Map(refused.map(([tier, { message }]) => [tier, message])),
    group: group.metadata.name,
    now: parts.clock.wall(),
  };
}

/** Creates a probe pod; that the API server refuses it is an answer too. A full quota is not: that passes. */
async function createProbe(context: GroupContext, tier: IsolationTier, digest: string, poolUrl: string) {
  const { parts, group, spec, memory, signal, logger } = context;
  const name = probeName(group.metadata.name, digest, tier);
  const order = { group, spec, poolUrl, tier, settings: parts.settings };
  try {
    await parts.client.create(pods, probePod(name, order), signal);
    logger.info({ tier, pod: name }, 'a probe pod tries an isolation');
  } catch (error) {
    if (isAlreadyExists(error)) return;
    const isAnswer = isForbidden(error) || isInvalid(error);
    if (!isAnswer || error.message.includes('exceeded quota')) throw error;
    memory.refusedProbes.set(tier, { digest, message: error.body?.message ?? error.message });
    parts.queueGroup(`${group.metadata.namespace}/${group.metadata.name}`);
  }
}
