#!/usr/bin/env node
import { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { operatorTable } from '#config/operator-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { handedOn } from '#config/tracing-variables.ts';
import { runOperator } from '#groups/operator.ts';
import { inClusterConfig } from '#kube/cluster-config.ts';
import { kubeconfig } from '#kube/kubeconfig.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { onTermination } from '#telemetry/termination.ts';
import { openTracing } from '#telemetry/tracing.ts';
import packageJson from '../../package.json' with { type: 'json' };

const command = addSettings(new Command('glidein-operator'), operatorTable).description(
  'Keeps the pools, groups and pilots of a Kubernetes cluster as their resources say.',
);

async function main(): Promise<void> {
  const flags = command.parse().opts<Record<string, string | boolean>>();
  const settings = resolveSettings(operatorTable, flags, process.env);
  const { image } = settings;
  if (image === undefined) {
    throw new GlideinError('InvalidArgument', 'no image for pools and pilots was given', {
      cure: 'write --image IMAGE',
    });
  }
  const clock = systemClock;
  const config =
    settings.kubeconfig === undefined
      ? await inClusterConfig({ clock, environment: process.env })
      : await kubeconfig({ clock, file: settings.kubeconfig });
  const operatorNamespace = settings.operatorNamespace ?? config.namespace;
  const ending = new AbortController();
  onTermination({ withStdin: false }).then(
    (reason) => ending.abort(new Error(reason)),
    (error: unknown) => ending.abort(error),
  );
  const logger = createLogger('operator', { level: settings.logLevel });
  const registry = createMetrics(packageJson.version);
  const tracing = await openTracing({
    environment: process.env,
    program: 'glidein-operator',
    logger,
    registry,
  });
  await runOperator(
    {
      config,
      settings: {
        site: settings.site,
        namespaces: settings.namespaces,
        image,
        account: { namespace: operatorNamespace, name: settings.serviceAccount },
        seccompProfile: settings.seccompProfile,
        tracing: tracing && handedOn(process.env),
      },
      clock,
      random: Math.random,
      logger,
      registry,
      tracing,
      listen: settings.listenAddress,
      metrics: settings.metrics,
      metricsSecret: { namespace: operatorNamespace, name: settings.metricsSecret },
      leaseNamespace: settings.leaderElectionNamespace ?? operatorNamespace,
      podName: settings.podName,
    },
    ending.signal,
  );
  await tracing?.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`glidein-operator: ${describeError(error)}\n`);
    process.exit(error instanceof GlideinError ? errorCatalogue[error.code].exit : 1);
  },
);
