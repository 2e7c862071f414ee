import { Controller, type ReconcileContext } from '#controller/controller.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import { done, type Result, requeueAfter } from '#controller/result.ts';
import { nameOf } from '#kube/object.ts';
import type { Pod } from '#kube/resource.ts';
import type { Change } from '#kube/store.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import { labelOf } from '../cluster/names.ts';
import type { GroupMemories, GroupMemory } from '../pilots/group-memory.ts';
import { observeGroup } from '../pilots/observe.ts';
import { numberOf } from '../pods/numbers.ts';
import { PilotAccounts } from '../pods/service-account.ts';
import { type CurrentGroup, currentGroup } from './current-group.ts';
import type { GroupPlan } from './plan.ts';
import { type ReconcileServices, reconcileGroup } from './reconcile.ts';
import { measureInvalid } from './report.ts';
import { invalidStatus } from './status.ts';
import { newest, writeStatus } from './write-status.ts';

/** How soon a group is reconciled again, in milliseconds. */
const again = {
  /** Somebody else wrote first, or the informers are behind. */
  unsettled: 150,
  /** Something has a deadline, or waits for something that raises no event. */
  withPilots: 5_000,
  idle: 60_000,
};

export interface GroupControllerOptions extends Omit<ReconcileServices, 'accounts'> {
  readonly informers: Informers;
  readonly memories: GroupMemories;
  /** Of the controller. */
  readonly metrics: ControllerMetrics;
  /** Queues the policy `NAMESPACE/NAME` for another decision. */
  readonly wakePolicy: (name: string) => void;
}

/** Creates the pods that were decided for each GlideinGroup, and deletes those that are no longer needed. */
export function groupController(options: GroupControllerOptions): Controller {
  const { informers, memories, demandBoard, decisions, pace, clock, wakePolicy } = options;
  const accounts = new PilotAccounts(options);

  const reconcile = async (name: string, { signal, logger }: ReconcileContext): Promise<Result> => {
    const cached = informers.groups.store.named(name);
    // The cluster collects its pods: they get SIGTERM and their grace period.
    if (cached === undefined || cached.metadata.deletionTimestamp !== undefined) return done;
    const memory = memories.of(cached);
    const current = currentGroup(newest(cached, memory.written), informers, demandBoard);
    const { name: group, namespace } = cached.metadata;
    const services = { ...options, accounts, logger: logger.child({ group, namespace }) };
    try {
      if (current.invalid === undefined) return await work(current, memory, services, signal);
      const isWritten = await reportInvalid(current, current.invalid, memory, services, signal);
      return requeueAfter(isWritten ? again.withPilots : again.unsettled);
    } finally {
      // What was measured of a group after its deletion would be told for ever.
      if (informers.groups.store.named(name) === undefined)
        options.groupMetrics.gone({ namespace: namespace ?? '', name: group });
    }
  };

  const work = async (
    current: CurrentGroup,
    memory: GroupMemory,
    services: ReconcileServices,
    signal: AbortSignal,
  ): Promise<Result> => {
    const { group, spec } = current;
    const before = memory.starting;
    const { settled, planned } = await reconcileGroup(current, memory, services, signal);
    const policy = spec.pressurePolicyRef?.name;
    const isLess = memory.starting < before;
    // A decision that could not be carried out is lost, and what it was based on may have changed too.
    if (policy !== undefined && (!settled || isLess)) wakePolicy(inNamespaceOf(group, policy));
    const owed = pace.takeOwed(group.metadata.uid ?? '') ?? Number.POSITIVE_INFINITY;
    const backoff = memory.backoff.wait(clock.monotonic());
    return requeueAfter(settled ? Math.min(owed + 1, patienceFor(planned, backoff)) : again.unsettled);
  };

  const controller = new Controller({
    ...options,
    name: 'group',
    begin: () => memories.clear(),
    reconcile,
  });
  informers.pods.onChange((change) => noteArrival(options, change));
  informers.groups.onChange((change) => {
    if (change.type !== 'deleted') return;
    const { uid = '', namespace = '', name } = change.object.metadata;
    memories.forget(uid);
    decisions.forget(uid);
    pace.forget(uid);
    options.groupMetrics.gone({ namespace, name });
  });
  watchWhatGroupsName(controller, informers);
  return controller;
}

function watchWhatGroupsName(controller: Controller, informers: Informers): void {
  const { groups, pods, pools, policies } = informers;
  const namesOf = (index: 'pool' | 'policy', name: string) =>
    groups.store.indexed(index, name).map(({ metadata }) => nameOf(metadata));
  controller.watch(groups, (group) => [nameOf(group.metadata)]);
  controller.watch(pods, (pod) => groupsOfPod(pod));
  controller.watch(pools, (pool) => namesOf('pool', nameOf(pool.metadata)));
  controller.watch(policies, (policy) => namesOf('policy', nameOf(policy.metadata)));
}

/** How long to wait until the next reconcile if nothing changes, milliseconds. */
function patienceFor({ pilots, starting }: GroupPlan, backoff: number): number {
  const usual = pilots.length + starting > 0 ? again.withPilots : again.idle;
  return backoff > 0 ? Math.min(usual, backoff + 1) : usual;
}

const groupsOfPod = (pod: Pod): readonly string[] => {
  const group = pod.metadata.labels?.[labelOf.group];
  return group === undefined ? [] : [inNamespaceOf(pod, group)];
};

/** A pilot's pod appeared: one that this program created, or one that earlier decisions did not know of. */
function noteArrival(
  { informers, memories }: Pick<GroupControllerOptions, 'informers' | 'memories'>,
  change: Change<Pod>,
): void {
  const { labels, ownerReferences, name } = change.object.metadata;
  if (change.type !== 'added' || labels?.[labelOf.component] !== 'pilot') return;
  const [groupName] = groupsOfPod(change.object);
  const group = groupName === undefined ? undefined : informers.groups.store.named(groupName);
  if (group === undefined || !ownerReferences?.some(({ uid }) => uid === group.metadata.uid)) return;
  memories.of(group).expectations.arrived(numberOf(group.metadata.name, name));
}

/** @returns false if somebody else wrote the group first */
function reportInvalid(
  { group, demand }: CurrentGroup,
  problem: string,
  memory: GroupMemory,
  services: ReconcileServices,
  signal: AbortSignal,
): Promise<boolean> {
  const pilots = observeGroup(group, { ...services, history: memory.history });
  memory.blocked = problem;
  measureInvalid(group, pilots, demand.known, services);
  const status = invalidStatus(group, problem, pilots, services.clock.wall());
  return writeStatus(group, status, memory, services, signal);
}
