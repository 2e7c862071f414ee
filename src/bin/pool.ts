#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { addSettings } from '#cli/add-settings.ts';
import { poolTable } from '#config/pool-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { followSpec } from '#pool/auth/follow-spec.ts';
import { Core } from '#pool/core.ts';
import { serve } from '#pool/server/server.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { onTermination } from '#telemetry/termination.ts';
import { openTracing } from '#telemetry/tracing.ts';
import packageJson from '../../package.json' with { type: 'json' };

const command = addSettings(new Command('glidein-pool'), poolTable)
  .description('Serves the embedded pool: its queue, its matchmaking and its files.')
  .option('--exit-with-parent', 'end when standard input ends');

async function main(): Promise<void> {
  const flags = command.parse().opts<Record<string, string | boolean>>();
  const settings = resolveSettings(poolTable, flags, process.env);
  const { directory } = settings;
  if (directory === undefined) {
    throw new GlideinError('InvalidArgument', 'no directory was given', { cure: 'write --directory DIR' });
  }
  await makeFolders(directory, 0o700);
  const logger = createLogger('pool', { level: settings.logLevel });
  const registry = createMetrics(packageJson.version);
  const tracing = await openTracing({
    environment: process.env,
    program: 'glidein-pool',
    logger,
    registry,
  });
  const core = await Core.open({
    settings: {
      ...settings,
      directory,
      retention: {
        historyAge: settings.historyAge * 1000,
        historyJobs: settings.historyJobs,
        keyAge: settings.keyAge * 1000,
        fileAge: settings.fileAge * 1000,
        audit: { age: settings.auditAge * 1000, bytes: settings.auditBytes },
      },
    },
    clock: systemClock,
    logger,
    registry,
    tracing,
    onBroken(error) {
      // Memory may be ahead of the disk, so no more requests may be answered. A new process reads what is on the disk.
      logger.fatal({ err: error }, 'the store failed: the pool ends');
      process.exit(errorCatalogue.StoreFailed.exit);
    },
  });
  const spec =
    settings.spec === undefined
      ? undefined
      : await followSpec({
          file: settings.spec,
          clock: systemClock,
          logger,
          apply: (spec) => core.applySpec(spec),
        });
  const server = await serve(core);
  // Before the URL is known: whoever sees it may end the pool at once.
  const termination = onTermination({ withStdin: flags.exitWithParent === true });
  await writeFile(join(directory, 'url'), server.url).catch((error: unknown) =>
    // A full disk may have no room for it. Whoever knows the port does not need the file.
    logger.warn({ err: error }, 'cannot write the URL to its file'),
  );
  logger.info({ url: server.url, jobs: core.queue.size }, 'pool is serving');
  await termination;
  logger.info('pool is ending');
  spec?.close();
  await server.close();
  await core.close();
  await tracing?.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`glidein-pool: ${describeError(error)}\n`);
    process.exit(error instanceof GlideinError ? errorCatalogue[error.code].exit : 1);
  },
);
