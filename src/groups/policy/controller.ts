import { Controller } from '#controller/controller.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import { nameOf } from '#kube/object.ts';
import type { Logger } from '#telemetry/logger.ts';
import { inNamespaceOf, specChanges } from '../cluster/informers.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import { PolicyReconciler, type PolicyServices } from './reconcile.ts';

export interface PolicyControllerOptions extends PolicyServices {
  readonly demandBoard: DemandBoard;
  readonly random: () => number;
  readonly logger: Logger;
  /** Of the controller. */
  readonly metrics: ControllerMetrics;
}

/**
 * Decides, for every PressurePolicy, how many pilots its groups should have: again after each interval, and at once
 * when demand or supply changes.
 */
export function policyController(options: PolicyControllerOptions): Controller {
  const { informers, demandBoard, wakeGroup } = options;
  const reconciler = new PolicyReconciler(options);
  const controller = new Controller({
    ...options,
    name: 'policy',
    begin: () => reconciler.begin(),
    reconcile: (name, { signal }) => reconciler.reconcile(name, signal),
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
