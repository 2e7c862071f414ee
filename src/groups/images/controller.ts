import type { Clock } from '#base/clock.ts';
import { Controller } from '#controller/controller.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import { type KubeObject, nameOf } from '#kube/object.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Registry } from '#telemetry/metrics.ts';
import { type Informers, inNamespaceOf, specChanges } from '../cluster/informers.ts';
import { labelOf } from '../cluster/names.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { PoolAccess } from '../pool/pool-access.ts';
import { ImageLeases } from './image-leases.ts';
import { imageSetMetrics } from './metrics.ts';
import type { PublisherClient } from './publisher-client.ts';
import { ImageSetReconciler } from './reconcile.ts';

export interface ImageSetControllerOptions {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly poolAccess: Pick<PoolAccess, 'open'>;
  readonly publishers: Pick<PublisherClient, 'status' | 'lease'>;
  readonly recorder: EventRecorder;
  readonly settings: SiteSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly isLeading: () => boolean;
  /** Digests of tokens that open the metrics of publishers. */
  readonly scrapeDigests: () => Promise<readonly string[]>;
  /** Of the controller. */
  readonly metrics: ControllerMetrics;
}

/**
 * Maintains publishers of images: their token, the document that they read, their StatefulSet; then repeats what they say.
 *
 * There is no finalizer, as for pools: everything that was made for an ImageSet belongs to it, and the garbage collector
 * removes it, even if no operator is left. The claim and what is published there belong to whoever made the claim, and stay.
 */
export function imageSetController(options: ImageSetControllerOptions): Controller {
  const { informers, registry, isLeading } = options;
  const sets = informers.imageSets;
  const reconciler = new ImageSetReconciler({ ...options, leases: new ImageLeases(options) });
  imageSetMetrics(registry, () => (isLeading() ? sets.store.all() : []));
  const controller = new Controller({
    ...options,
    name: 'images',
    reconcile: (name, context) => reconciler.reconcile(name, context),
  });
  // Whoever waits for a directory is to hear of it; its own status is no news to a set.
  controller.watch(specChanges(sets), (set) => [
    nameOf(set.metadata),
    ...[...sets.store.all()]
      .filter((other) => isSameClaim(set, other))
      .map(({ metadata }) => nameOf(metadata)),
  ]);
  controller.watch(informers.statefulSets, setOf);
  controller.watch(informers.pods, setOf);
  return controller;
}

const isSameClaim = (a: ImageSetResource, b: ImageSetResource): boolean =>
  a.metadata.namespace === b.metadata.namespace && a.spec.directory.claimName === b.spec.directory.claimName;

/** The set whose labels an object carries. */
function setOf(object: KubeObject): readonly string[] {
  const name = object.metadata.labels?.[labelOf.imageSet];
  return name === undefined ? [] : [inNamespaceOf(object, name)];
}
