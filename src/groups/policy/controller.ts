import { describeError, GlideinError } from '#base/error.ts';
import { Controller } from '#controller/controller.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import { done, type Result, requeueAfter } from '#controller/result.ts';
import { type CountedDecisions, countDecisions } from '#fleet/counted-decisions.ts';
import type { KubeClient } from '#kube/client.ts';
import { isConflict } from '#kube/kube-error.ts';
import { nameOf } from '#kube/object.ts';
import { milliseconds } from '#spec/fields.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type Informers, inNamespaceOf, specChanges } from '../cluster/informers.ts';
import { type PolicyResource, policies } from '../cluster/resources.ts';
import { readPolicy } from '../cluster/stored-spec.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import { mergePatch } from '../status/merge-patch.ts';
import type { WritePace } from '../status/write-pace.ts';
import { type DecideSources, decide, type PolicyDecisions } from './decide.ts';
import { policyStatus } from './status.ts';

export interface PolicyControllerOptions extends DecideSources {
  readonly informers: Pick<Informers, 'pods' | 'groups' | 'policies'>;
  readonly client: Pick<KubeClient, 'mergePatchStatus'>;
  readonly demandBoard: DemandBoard;
  readonly pace: WritePace;
  readonly random: () => number;
  readonly logger: Logger;
  /** Of the controller. */
  readonly metrics: ControllerMetrics;
  /** Queues the group `NAMESPACE/NAME` for a reconcile. */
  readonly wakeGroup: (name: string) => void;
}

/**
 * Decides, for every PressurePolicy, how many pilots its groups should have: again after each interval, and at once
 * when demand or supply changes.
 */
export function policyController(options: PolicyControllerOptions): Controller {
  const { informers, demandBoard, decisions, pace, client, clock, wakeGroup } = options;
  const previous = new Map<string, CountedDecisions>();

  const reconcile = async (name: string, signal: AbortSignal): Promise<Result> => {
    const policy = informers.policies.store.named(name);
    if (policy === undefined) {
      previous.delete(name);
      return done;
    }
    const groups = informers.groups.store.indexed('policy', name);
    const decided = attempt(policy, groups);
    if (!('problem' in decided)) remember(policy, decided);
    for (const group of groups) wakeGroup(nameOf(group.metadata));
    const pools = new Set(groups.map((group) => inNamespaceOf(group, group.spec.poolRef.name)));
    const unknown = [...pools].flatMap((pool) => {
      const demand = demandBoard.latest(pool);
      return demand.known ? [] : [{ pool, reason: demand.reason }];
    });
    const now = new Date(clock.wall()).toISOString();
    const facts = { policy, groups: groups.length, decided, unknown, now };
    if (!(await writeStatus(policy, facts, signal))) return requeueAfter(200);
    const owed = pace.takeOwed(policy.metadata.uid ?? '');
    if (owed !== undefined) return requeueAfter(Math.min(owed + 1, intervalOf(policy)));
    return groups.length === 0 ? done : requeueAfter(intervalOf(policy));
  };

  const remember = (policy: PolicyResource, decided: PolicyDecisions): void => {
    const name = nameOf(policy.metadata);
    const before = previous.get(name);
    previous.set(name, countDecisions(before, decided, clock.monotonic(), intervalOf(policy)));
  };

  const attempt = (policy: PolicyResource, groups: Parameters<typeof decide>[1]) => {
    try {
      const read = readPolicy(policy);
      if (!read.ok) return { problem: read.problem };
      return decide(
        read.spec,
        groups,
        previous.get(nameOf(policy.metadata))?.decisions ?? new Map(),
        options,
      );
    } catch (error) {
      if (error instanceof GlideinError || error instanceof Error) return { problem: describeError(error) };
      throw error;
    }
  };

  /** @returns false if somebody else wrote first */
  const writeStatus = async (
    policy: PolicyResource,
    facts: Parameters<typeof policyStatus>[0],
    signal: AbortSignal,
  ): Promise<boolean> => {
    const patch = mergePatch(policy.status, policyStatus(facts));
    const { uid = '' } = policy.metadata;
    if (patch === undefined || !pace.allows(uid)) return true;
    const { resourceVersion } = policy.metadata;
    try {
      const write = { metadata: { resourceVersion }, status: patch };
      await client.mergePatchStatus(policies, policy.metadata, write as object, signal);
      pace.wrote(uid);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  };

  const controller = new Controller({
    ...options,
    name: 'policy',
    // Another leader has decided since: its decisions are unknown here, and ours are too old to continue from.
    begin: () => {
      previous.clear();
      decisions.clear();
    },
    reconcile: (name, context) => reconcile(name, context.signal),
  });
  // This program's own writes to a status are no reason to decide.
  controller.watch(specChanges(informers.policies), (policy) => [nameOf(policy.metadata)]);
  controller.watch(specChanges(informers.groups), (group) => {
    const policy = group.spec.pressurePolicyRef?.name;
    return policy === undefined ? [] : [inNamespaceOf(group, policy)];
  });
  demandBoard.onNews((pool) => {
    for (const group of informers.groups.store.indexed('pool', pool)) {
      const policy = group.spec.pressurePolicyRef?.name;
      if (policy === undefined) wakeGroup(nameOf(group.metadata));
      else controller.queue.add(inNamespaceOf(group, policy));
    }
  });
  return controller;
}

function intervalOf(policy: PolicyResource): number {
  const read = readPolicy(policy);
  return read.ok ? milliseconds(read.spec.interval) : 60_000;
}
