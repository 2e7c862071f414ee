import type { Clock } from '#base/clock.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Registry } from '#telemetry/metrics.ts';
import type { Informers } from './cluster/informers.ts';
import type { SiteSettings } from './cluster/site-settings.ts';
import type { PoolAccess } from './pool/pool-access.ts';

/** What every controller is made from. */
export interface Dependencies {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly poolAccess: PoolAccess;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** For metrics of a controller's own. */
  readonly registry: Registry;
  /** The metrics that every controller has. */
  readonly metricsOf: (controller: string) => ControllerMetrics;
  readonly settings: SiteSettings;
}
