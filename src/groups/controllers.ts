import { Deaths } from '#backend/deaths.ts';
import type { Clock } from '#base/clock.ts';
import type { ControllerMetrics } from '#controller/controller-metrics.ts';
import type { Runnable } from '#controller/runnable.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/event-recorder.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Registry } from '#telemetry/metrics.ts';
import type { Tracing } from '#telemetry/span.ts';
import type { Informers } from './cluster/informers.ts';
import type { SiteSettings } from './cluster/site-settings.ts';
import { DemandBoard } from './demand/demand-board.ts';
import { DemandListeners, type OpenPool } from './demand/demand-listeners.ts';
import { PodDeaths } from './demand/pod-deaths.ts';
import { announcedTo, bidTo } from './group/bid.ts';
import { groupController } from './group/controller.ts';
import { groupMetrics } from './group/metrics.ts';
import { imageSetController } from './images/controller.ts';
import type { PublisherClient } from './images/publisher-client.ts';
import { GroupMemories } from './pilots/group-memory.ts';
import { policyController } from './policy/controller.ts';
import { DecisionBoard } from './policy/decision-board.ts';
import { policyMetrics } from './policy/metrics.ts';
import { poolController } from './pool/controller.ts';
import type { PoolAccess } from './pool/pool-access.ts';
import { WritePace } from './status/write-pace.ts';

/** What the controllers of groups are made from. */
export interface GroupDependencies {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly openPool: OpenPool;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** For metrics of a controller's own. */
  readonly registry: Registry;
  /** The metrics that every controller has. */
  readonly metricsOf: (controller: string) => ControllerMetrics;
  /** Whether this process leads: one that no longer does must not tell what it saw last. */
  readonly isLeading: () => boolean;
  readonly settings: SiteSettings;
  /** Absent if nobody wants spans. */
  readonly tracing?: Tracing | undefined;
}

/** Everything that works while this process leads. */
export function controllers(
  dependencies: Omit<GroupDependencies, 'openPool'> & {
    readonly poolAccess: PoolAccess;
    readonly publishers: PublisherClient;
    /** Digests of tokens that open the metrics of pools and publishers. */
    readonly scrapeDigests: () => Promise<readonly string[]>;
  },
): readonly Runnable[] {
  const { poolAccess, metricsOf, clock } = dependencies;
  const demandBoard = new DemandBoard(clock);
  const openPool: OpenPool = (pool, signal) => poolAccess.open(pool, signal);
  return [
    poolController({ ...dependencies, metrics: metricsOf('pool'), demandBoard }),
    imageSetController({ ...dependencies, metrics: metricsOf('images') }),
    ...groupControllers({ ...dependencies, openPool }, demandBoard),
  ];
}

/** Everything that turns demand into pods: listeners at pools, policies, groups. They share boards, and wake each other. */
export function groupControllers(
  dependencies: GroupDependencies,
  demandBoard = new DemandBoard(dependencies.clock),
): readonly Runnable[] {
  const { informers, clock, registry, metricsOf, isLeading } = dependencies;
  const deaths = new Deaths();
  const shared = {
    ...dependencies,
    demandBoard,
    deaths,
    decisions: new DecisionBoard(),
    memories: new GroupMemories(),
    pace: new WritePace(clock),
  };
  const listeners = new DemandListeners({
    ...shared,
    bidTo: (pool) => bidTo(pool, shared),
    announcedTo: (pool) => announcedTo(pool, shared),
    podDeaths: new PodDeaths(informers, deaths),
  });
  policyMetrics(registry, () => informers.policies.store.all(), isLeading);
  const policies = policyController({
    ...shared,
    metrics: metricsOf('policy'),
    wakeGroup: (name) => groups.queue.add(name),
  });
  const groups = groupController({
    ...shared,
    metrics: metricsOf('group'),
    groupMetrics: groupMetrics(registry, clock, isLeading),
    wakePolicy: (name) => policies.queue.add(name),
  });
  return [listeners, policies, groups];
}
