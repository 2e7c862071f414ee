#!/usr/bin/env node
import { EmbeddedPool } from '#backend/embedded-pool.ts';
import { systemClock } from '#base/clock.ts';
import { controllerMetrics } from '#controller/controller-metrics.ts';
import { Manager } from '#controller/manager.ts';
import { claimedCopies } from '#groups/cluster/claimed-copies.ts';
import { createInformers } from '#groups/cluster/informers.ts';
import { type ClaimTimes, NamespaceClaims } from '#groups/cluster/namespace-claims.ts';
import { groupControllers } from '#groups/controllers.ts';
import { KubeClient } from '#kube/client.ts';
import { EventRecorder } from '#kube/event-recorder.ts';
import { LeaderElection } from '#kube/lease.ts';
import { Transport } from '#kube/transport.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { openTracing } from '#telemetry/tracing.ts';

/** What the process is told, as JSON in its only argument. */
export interface GroupsOperatorOptions {
  readonly server: string;
  readonly token: string;
  readonly namespace: string;
  /** The namespaces that it serves; `namespace` if absent. */
  readonly namespaces?: readonly string[];
  /** Where every pool answers, and the operator's token for it. */
  readonly pool: PoolDoor;
  /** Those of some namespaces, if they differ. */
  readonly pools?: Readonly<Record<string, PoolDoor>>;
  /** Further variables of its environment: those of OpenTelemetry make it make spans. */
  readonly environment?: Readonly<Record<string, string>>;
  /** With it this process works only while it holds the Lease; without it always. Milliseconds. */
  readonly lease?: {
    readonly name: string;
    readonly durationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryMs: number;
  };
  /** With it this process claims the namespaces that it serves, for this holder. */
  readonly claims?: ClaimTimes & { readonly holder: string };
}

interface PoolDoor {
  readonly url: string;
  readonly token: string;
}

/**
 * The controllers of groups as a process of their own, to be killed: everything of the operator but its pools, and without
 * a Lease too, so that two of them may be at work at once. It runs until it is killed, or its standard input ends.
 */
async function main(options: GroupsOperatorOptions): Promise<void> {
  const clock = systemClock;
  const random = Math.random;
  const { server, token, namespace } = options;
  const logger = createLogger('groups', { level: process.env.GLIDEIN_TEST_LOG ?? 'silent' });
  const transport = new Transport({ config: { server, token: async () => token, namespace }, clock, random });
  const client = new KubeClient(transport, { fieldManager: 'glidein-operator' });
  const { namespaces = [namespace] } = options;
  const informers = createInformers({ client, clock, random, logger, namespaces });
  const registry = createMetrics();
  Object.assign(process.env, options.environment);
  const { env: environment } = process;
  const tracing = await openTracing({ environment, program: 'glidein-operator', logger, registry });
  const pools = new Map(
    namespaces.map((name) => {
      const { url, token: poolToken } = options.pools?.[name] ?? options.pool;
      return [name, new EmbeddedPool({ url, token: () => poolToken }, 'here')];
    }),
  );
  const reporter = { controller: 'glidein.dev/test', instance: String(process.pid) };
  const recorder = new EventRecorder({ client, clock, random, logger, reporter });
  const claims =
    options.claims === undefined
      ? undefined
      : new NamespaceClaims({ client, informers, recorder, clock, random, logger, ...options.claims });
  const mayWrite = (name: string) => claims === undefined || (manager.leading && claims.holds(name));
  const controllers = groupControllers({
    client: new KubeClient(transport, { fieldManager: 'glidein-operator', mayWrite }),
    informers: claims === undefined ? informers : claimedCopies(informers, claims),
    openPool: async ({ metadata }) => pools.get(metadata.namespace ?? '') ?? fail(),
    recorder,
    clock,
    random,
    logger,
    registry,
    metricsOf: controllerMetrics(registry),
    isLeading: () => true,
    tracing,
    settings: {
      site: 'here',
      namespaces,
      image: 'example.org/glidein:test',
      account: { namespace, name: 'o' },
    },
  });
  const ending = new AbortController();
  process.stdin.on('end', () => ending.abort()).resume();
  const informed = Object.values(informers);
  const { lease } = options;
  const election =
    lease === undefined
      ? {}
      : {
          election: new LeaderElection({
            ...lease,
            client,
            clock,
            random,
            logger,
            lease: { namespace, name: lease.name },
            identity: String(process.pid),
          }),
        };
  const runnables = claims === undefined ? controllers : [claims, ...controllers];
  const manager: Manager = new Manager({
    informers: informed,
    runnables,
    ...election,
    clock,
    logger,
    registry,
  });
  await manager.run(ending.signal);
  process.exit(0);
}

function fail(): never {
  throw new Error('there is no such pool');
}

if (process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as GroupsOperatorOptions);
