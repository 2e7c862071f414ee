import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { nameOf } from '#kube/object.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Informers } from '../cluster/informers.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { readPolicy } from '../cluster/stored-spec.ts';
import type { Isolation } from '../isolation/isolation.ts';
import { probeIsolation } from '../isolation/probe.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { podsOf } from '../pods/pilot-pods.ts';
import type { IsolationTier } from '../pods/security.ts';
import type { PilotAccounts } from '../pods/service-account.ts';
import type { Fault } from '../status/conditions.ts';
import type { CurrentGroup } from './current-group.ts';
import { isCacheFresh } from './verify-cache.ts';

/** What has to be there before a pilot can be created, as far as it is. */
export interface Readiness {
  readonly blocker: Fault | undefined;
  readonly isolation: Isolation | undefined;
  readonly make: { readonly tier: IsolationTier; readonly poolUrl: string } | undefined;
  /** Whether the informer's cache is new enough to decide by. */
  readonly isFresh: boolean;
}

export interface PrepareServices {
  readonly client: Pick<KubeClient, 'create' | 'delete' | 'list'>;
  readonly informers: Pick<Informers, 'pods' | 'policies'>;
  readonly accounts: PilotAccounts;
  readonly settings: SiteSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Looks whether pilots could be created, and brings about what is missing. */
export async function prepare(
  current: CurrentGroup,
  {
    expectations,
    problemEvents,
    probes: memory,
  }: Pick<GroupMemory, 'expectations' | 'problemEvents' | 'probes'>,
  cures: CureContext,
  services: PrepareServices,
  signal: AbortSignal,
): Promise<Readiness> {
  const { client, informers, accounts, settings, clock, logger } = services;
  const { group, spec, pool } = current;
  const missing = faultOfGroup(current, informers);
  const poolUrl = pool?.status?.address;
  if (missing !== undefined || poolUrl === undefined) {
    return { blocker: missing, isolation: undefined, make: undefined, isFresh: true };
  }
  await accounts.ensure(group.metadata.namespace ?? '', signal);
  const { store } = informers.pods;
  const probes = podsOf(store, group, 'probe');
  await problemEvents.read([...probes, ...podsOf(store, group, 'pilot')], services, signal);
  const isolation = await probeIsolation(
    { group, spec, poolUrl, settings },
    {
      client,
      clock,
      logger,
      memory,
      probes: () => podsOf(store, group, 'probe'),
      reported: problemEvents.byUid,
      cures,
    },
    signal,
  );
  const { tier } = isolation;
  if (tier === undefined) {
    return { blocker: isolation.blocker, isolation, make: undefined, isFresh: true };
  }
  const isFresh = await isCacheFresh(group, expectations, { client, informers }, signal);
  return { blocker: undefined, isolation, make: { tier, poolUrl }, isFresh };
}

/** What is wrong with a group itself, or with the objects that it names; undefined when nothing is. */
export function faultOfGroup(
  {
    group,
    spec,
    fault,
    pool,
    poolName,
  }: Pick<CurrentGroup, 'group' | 'spec' | 'fault' | 'pool' | 'poolName'>,
  informers: Pick<Informers, 'policies'>,
): Fault | undefined {
  if (fault !== undefined) return fault;
  if (pool === undefined) {
    return { reason: 'PoolMissing', message: `There is no GlideinPool ${poolName}` };
  }
  if (pool.status?.address === undefined) {
    return { reason: 'PoolHasNoAddress', message: `The GlideinPool ${poolName} has no address yet` };
  }
  const policy = spec.pressurePolicyRef?.name;
  if (policy === undefined) return undefined;
  return faultOfPolicy({ namespace: group.metadata.namespace, name: policy }, informers);
}

function faultOfPolicy(
  key: { readonly namespace: string | undefined; readonly name: string },
  informers: Pick<Informers, 'policies'>,
): Fault | undefined {
  const found = informers.policies.store.get(key);
  if (found === undefined) {
    return { reason: 'PolicyMissing', message: `There is no PressurePolicy ${nameOf(key)}` };
  }
  const read = readPolicy(found);
  if (read.ok) return undefined;
  const message = `The PressurePolicy ${nameOf(key)} cannot decide: ${read.problem}`;
  return { reason: 'PolicyInvalid', message };
}
