import { clip } from '#base/clip.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { Controller } from '#controller/controller.ts';
import { done, type Outcome, requeueAfter } from '#controller/outcome.ts';
import { nameOf } from '#kube/object.ts';
import type { Pod } from '#kube/resource.ts';
import type { Change } from '#kube/store.ts';
import { besides } from '../cluster/informers.ts';
import { labelOf } from '../cluster/labels.ts';
import { parseGroup } from '../cluster/parsed-group.ts';
import { observeGroup } from '../pilots/observe.ts';
import { numberOf } from '../pods/numbers.ts';
import { PilotAccounts } from '../pods/service-account.ts';
import { conditionsOf } from '../status/conditions.ts';
import { decisionAt } from '../status/decided-at.ts';
import type { GroupContext } from './context.ts';
import type { GroupFacts } from './facts.ts';
import type { GroupParts } from './parts.ts';
import { reconcileGroup } from './reconcile.ts';
import { countsOfPilots } from './status.ts';
import { newest, writeStatus } from './write-status.ts';

/** How soon a group is looked at again, in milliseconds. */
const again = {
  /** Somebody else wrote first, or the copy of the cluster is behind. */
  unsettled: 150,
  /** Something has a deadline, or waits for what nobody tells of. */
  withPilots: 5_000,
  idle: 60_000,
};

/** Gives every GlideinGroup the pods that were decided for it, and removes those that are over. */
export function groupController(parts: GroupParts): Controller {
  const { informers, memories, decisions } = parts;
  const accounts = new PilotAccounts();

  const reconcile = async (name: string, { signal, logger }: ReconcileContext): Promise<Outcome> => {
    const cached = informers.groups.store.named(name);
    // Its pods are collected by the cluster: they get SIGTERM and their grace.
    if (cached === undefined || cached.metadata.deletionTimestamp !== undefined) return done;
    const memory = memories.of(cached);
    const group = newest(cached, memory);
    const poolName = besides(group, group.spec.poolRef.name);
    const heard = parts.demand.heard(poolName);
    const pool = informers.pools.store.named(poolName);
    const parsed = parseGroup(group);
    const spec = parsed.ok ? parsed.spec : group.spec;
    const fault = parsed.ok ? parsed.fault : { reason: 'InvalidSpec', message: parsed.problem };
    const context: GroupContext = {
      parts,
      group,
      spec,
      fault,
      memory,
      poolName,
      pool,
      heard,
      logger,
      signal,
    };
    if (parsed.ok) return work(context);
    const isWritten = await reportInvalid(context, parsed.problem);
    return requeueAfter(isWritten ? again.withPilots : again.unsettled);
  };

  const work = async (context: GroupContext): Promise<Outcome> => {
    const { memory, group, spec } = context;
    const before = memory.starting;
    const { settled, facts } = await reconcileGroup(context, accounts);
    const policy = spec.pressurePolicyRef?.name;
    const isLess = memory.starting < before;
    // A decision that could not be used is gone; what it saw may have changed too.
    if (policy !== undefined && (!settled || isLess)) parts.queuePolicy(besides(group, policy));
    const owed = parts.pace.takeOwed(group.metadata.uid ?? '') ?? Number.POSITIVE_INFINITY;
    return requeueAfter(settled ? Math.min(owed + 1, patienceFor(context, facts)) : again.unsettled);
  };

  const controller = new Controller({
    ...parts,
    name: 'group',
    metrics: parts.metricsOf('group'),
    begin: () => memories.clear(),
    reconcile,
  });
  informers.pods.onChange((change) => noteArrival(parts, change));
  informers.groups.onChange((change) => {
    if (change.type !== 'deleted') return;
    const { uid = '', namespace = '', name } = change.object.metadata;
    memories.forget(uid);
    decisions.forget(uid);
    parts.pace.forget(uid);
    parts.groupMetrics.gone({ namespace, name });
  });
  controller.watch(informers.groups, (group) => [nameOf(group.metadata)]);
  controller.watch(informers.pods, (pod) => groupsOfPod(pod));
  controller.watch(informers.pools, (pool) =>
    informers.groups.store.indexed('pool', nameOf(pool.metadata)).map(({ metadata }) => nameOf(metadata)),
  );
  controller.watch(informers.policies, (policy) =>
    informers.groups.store.indexed('policy', nameOf(policy.metadata)).map(({ metadata }) => nameOf(metadata)),
  );
  parts.onGroupWanted((name) => controller.queue.add(name));
  return controller;
}

/** How long nothing has to be looked at unless something changes, milliseconds. */
function patienceFor({ memory, parts }: GroupContext, { pilots, starting }: GroupFacts): number {
  const usual = pilots.length + starting > 0 ? again.withPilots : again.idle;
  const refused = (memory.refusal?.until ?? 0) - parts.clock.monotonic();
  return refused > 0 ? Math.min(usual, refused + 1) : usual;
}

const groupsOfPod = (pod: Pod): readonly string[] => {
  const group = pod.metadata.labels?.[labelOf.group];
  return group === undefined ? [] : [besides(pod, group)];
};

/**
 * A pod that came: one that this program creates is not in work any more; any other is news that decisions made until
 * now did not know of.
 */
function noteArrival({ informers, memories }: GroupParts, change: Change<Pod>): void {
  const { labels, ownerReferences, name } = change.object.metadata;
  if (change.type !== 'added' || labels?.[labelOf.component] !== 'pilot') return;
  const [groupName] = groupsOfPod(change.object);
  const group = groupName === undefined ? undefined : informers.groups.store.named(groupName);
  if (group === undefined || !ownerReferences?.some(({ uid }) => uid === group.metadata.uid)) return;
  const memory = memories.of(group);
  const number = numberOf(group.metadata.name, name);
  if (number === undefined || !memory.inWork.delete(number)) memory.epoch += 1;
  else memory.confirmed.delete(number);
}

/** A specification that was accepted once and is refused now: nothing can be decided, what there is is counted. */
function reportInvalid(context: GroupContext, problem: string): Promise<boolean> {
  const { group, parts, memory } = context;
  const pilots = observeGroup(group, { ...parts, memory });
  memory.blocked = problem;
  const now = new Date(parts.clock.wall()).toISOString();
  const generation = group.metadata.generation ?? 0;
  const finding = { type: 'Ready', status: 'False' as const, reason: 'InvalidSpec', message: problem };
  const conditions = conditionsOf([finding], group.status?.conditions, now, generation);
  const { wanted: _, demand: __, ...before } = group.status ?? {};
  const told = decisionAt(clip(problem, 512), before, now);
  const counts = countsOfPilots(pilots);
  return writeStatus(context, group, {
    ...before,
    ...counts,
    ...told,
    observedGeneration: generation,
    conditions,
  });
}
