import { Controller } from '#controller/controller.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import type { KubeObject } from '#kube/object.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Registry } from '#telemetry/metrics.ts';
import { inNamespaceOf } from '../cluster/informers.ts';
import { labelOf } from '../cluster/names.ts';
import { poolMetrics } from './metrics.ts';
import { PoolReconciler, type PoolServices } from './reconcile.ts';

export interface PoolControllerOptions extends PoolServices {
  readonly random: () => number;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly isLeading: () => boolean;
  /** Of the controller. */
  readonly metrics: ControllerMetrics;
}

/**
 * Maintains embedded pools: certificates, the document that the pool reads, Service, StatefulSet; then reports their state.
 *
 * There is no finalizer. Everything belongs to the GlideinPool by ownerReferences and lies in its namespace, so the
 * garbage collector removes it, even if no operator is left; the volume follows the StatefulSet's own
 * policy (`whenDeleted`). Nothing outside of the cluster would be left behind.
 */
export function poolController(options: PoolControllerOptions): Controller {
  const { informers, registry, isLeading } = options;
  const reconciler = new PoolReconciler(options);
  poolMetrics(registry, () => informers.pools.store.all(), isLeading);
  const controller = new Controller({
    ...options,
    name: 'pool',
    reconcile: (name, context) => reconciler.reconcile(name, context),
  });
  controller.watch(informers.pools, (pool) => [inNamespaceOf(pool, pool.metadata.name)]);
  controller.watch(informers.statefulSets, poolOf);
  controller.watch(informers.pods, poolOf);
  return controller;
}

/** The pool whose labels an object carries. */
function poolOf(object: KubeObject): readonly string[] {
  const labels = object.metadata.labels;
  const name = labels?.[labelOf.component] === 'pool' ? labels[labelOf.pool] : undefined;
  return name === undefined ? [] : [inNamespaceOf(object, name)];
}
