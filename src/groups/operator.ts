import type { Clock } from '#base/clock.ts';
import { controllerMetrics } from '#controller/controller-metrics.ts';
import { Manager } from '#controller/manager.ts';
import { KubeClient } from '#kube/client.ts';
import type { ClusterConfig } from '#kube/cluster-config.ts';
import { EventRecorder } from '#kube/event-recorder.ts';
import { informerMetrics } from '#kube/informer-metrics.ts';
import { LeaderElection } from '#kube/lease.ts';
import { nameOf } from '#kube/object.ts';
import { Transport } from '#kube/transport.ts';
import { transportMetrics } from '#kube/transport-metrics.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Registry } from '#telemetry/metrics.ts';
import type { Tracing } from '#telemetry/span.ts';
import { claimMetrics } from './cluster/claim-metrics.ts';
import { claimedCopies } from './cluster/claimed-copies.ts';
import { createInformers } from './cluster/informers.ts';
import { type ClaimTimes, NamespaceClaims } from './cluster/namespace-claims.ts';
import { ScrapeToken } from './cluster/scrape-token.ts';
import type { SiteSettings } from './cluster/site-settings.ts';
import { controllers } from './controllers.ts';
import { PublisherClient } from './images/publisher-client.ts';
import { PoolAccess } from './pool/pool-access.ts';
import { tokenMetrics } from './pool/token-metrics.ts';

/** The name under which the operator owns fields of objects and reports Events. */
const operatorName = 'glidein-operator';

export interface OperatorOptions {
  readonly config: ClusterConfig;
  readonly settings: SiteSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Where spans go; there are none if absent. */
  readonly tracing?: Tracing | undefined;
  /** Where health and metrics are served; nowhere without it. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Who may read its metrics: whoever shows the token, or everybody. */
  readonly metrics: 'Token' | 'Open';
  /** The Secret with the token that opens metrics, also those of pools and publishers. */
  readonly metricsSecret: { readonly namespace: string; readonly name: string };
  /** The namespace of the Lease, which has the name of the operator’s account. */
  readonly leaseNamespace: string;
  /** Who this process is among the operators of this installation. */
  readonly podName: string;
  /** How the Leases of namespaces are held, unless as NamespaceClaims does by itself. */
  readonly claims?: ClaimTimes;
}

/** Runs a whole operator until `signal` aborts and what is in work has ended. */
export async function runOperator(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { config, settings, clock, random, logger, registry } = options;
  const transport = new Transport({
    config,
    clock,
    random,
    userAgent: operatorName,
    metrics: transportMetrics(registry),
  });
  const client = new KubeClient(transport, { fieldManager: operatorName });
  // What pools, groups, policies and image sets need is written only where no other operator is at work.
  const servingClient = new KubeClient(transport, {
    fieldManager: operatorName,
    mayWrite: (namespace) => manager.leading && claims.holds(namespace),
  });
  const metrics = informerMetrics(registry);
  const { namespaces } = settings;
  const informers = createInformers({ client, clock, random, logger, metrics, namespaces });
  const reporter = { controller: `glidein.dev/${operatorName}`, instance: options.podName };
  const recorder = new EventRecorder({ client, clock, random, logger, reporter });
  const poolAccess = new PoolAccess({ client, clock, settings });
  const publishers = new PublisherClient();
  const election = new LeaderElection({
    client,
    clock,
    random,
    logger,
    // Another installation in the same namespace has another account.
    lease: { namespace: options.leaseNamespace, name: settings.account.name },
    identity: `${options.podName}_${Math.floor(random() * 36 ** 8).toString(36)}`,
  });
  const claims = new NamespaceClaims({
    client,
    informers,
    recorder,
    clock,
    random,
    logger,
    holder: nameOf({ namespace: options.leaseNamespace, name: settings.account.name }),
    ...options.claims,
  });
  claimMetrics(registry, claims, () => manager.leading);
  const metricsOf = controllerMetrics(registry);
  const scrapeToken = new ScrapeToken({ client, clock, logger, secret: options.metricsSecret });
  const scrapeDigests = () => scrapeToken.digests();
  const mayReadMetrics = async (authorization: string | undefined) =>
    options.metrics === 'Open' || scrapeToken.opens(authorization);
  const dependencies = {
    scrapeDigests,
    client: servingClient,
    informers: claimedCopies(informers, claims),
    poolAccess,
    publishers,
    recorder,
    metricsOf,
    isLeading: (): boolean => manager.leading,
    ...options,
  };
  const manager: Manager = new Manager({
    informers: Object.values(informers),
    runnables: [claims, ...controllers(dependencies)],
    election,
    clock,
    logger,
    registry,
    ...(options.listen === undefined ? {} : { listen: { ...options.listen, mayReadMetrics } }),
  });
  tokenMetrics(registry, poolAccess, dependencies.isLeading);
  try {
    await manager.run(signal);
  } finally {
    await recorder.close(2_000);
    await poolAccess.close();
    await publishers.close();
    await transport.close();
  }
}
