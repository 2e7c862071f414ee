#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { systemReason } from '#base/system-error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { publisherTable } from '#config/publisher-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { followSpecFile, signatureOf } from '#images/set/follow-spec-file.ts';
import { loginsIn } from '#images/set/login-directory.ts';
import { setMetrics } from '#images/set/metrics.ts';
import { Publisher } from '#images/set/publisher.ts';
import { type StatusServer, serveStatus } from '#images/set/serve-status.ts';
import { readSpecFile } from '#images/set/spec-file.ts';
import { workFromInput } from '#images/set/work-from-input.ts';
import { dropLease, putLease, stateIn } from '#images/tree/leases.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics, type Registry } from '#telemetry/metrics.ts';
import { digestsIn, showsToken } from '#telemetry/scrape-token.ts';
import { onTermination } from '#telemetry/termination.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { setWorkHere } from './image-set-work.ts';

const command = addSettings(new Command('glidein-publisher'), publisherTable)
  .description('Keeps a set of images published, as expanded directories from which pilots run jobs.')
  .option('--exit-with-parent', 'end when standard input ends');

async function main(): Promise<void> {
  // How a publisher calls itself for one image.
  if (process.argv[2] === 'work') return await workFromInput(systemClock);
  const flags = command.parse().opts<Record<string, string | boolean>>();
  const settings = resolveSettings(publisherTable, flags, process.env);
  const { name, credentials } = settings;
  const spec = required(settings.spec, 'spec', 'FILE');
  const directory = required(settings.directory, 'directory', 'DIR');
  const stateDirectory = settings.state ?? stateIn(directory);
  const logger = createLogger('publisher', { level: settings.logLevel });
  const registry = createMetrics(packageJson.version);
  const metrics = setMetrics(registry, () => publisher?.status());
  await makeState(stateDirectory);
  const publisher: Publisher = await Publisher.open({
    name,
    directory,
    stateDirectory,
    clock: systemClock,
    logger,
    workOf: await setWorkHere({
      name,
      directory,
      stateDirectory,
      layers: settings.layers ?? join(stateDirectory, 'layers'),
      logins: async () => (credentials === undefined ? [] : await loginsIn(credentials)),
      apptainer: settings.apptainer,
      environment: process.env,
      clock: systemClock,
      logger,
      metrics,
    }),
  });
  const before = await signatureOf(spec);
  const { spec: first, digest } = await readSpecFile(spec);
  publisher.apply(first, digest);
  const ending = new AbortController();
  const server = await serve(settings, publisher, registry, stateDirectory);
  const termination = onTermination({ withStdin: flags.exitWithParent === true });
  logger.info({ set: name, directory, url: server?.url }, 'publisher is working');
  const following = followSpecFile(
    spec,
    before,
    {
      clock: systemClock,
      apply: (read) => publisher.apply(read.spec, read.digest),
      refuse: (error) => {
        publisher.refuse(describeError(error));
        logger.error({ err: error }, 'new specification is invalid, the old one stays in force');
      },
    },
    ending.signal,
  );
  const working = publisher.run(ending.signal);
  await Promise.race([termination, working]);
  logger.info('publisher is ending');
  ending.abort();
  await Promise.all([following, working]);
  await server?.close();
  await publisher.close();
}

/** @throws GlideinError WriteFailed */
async function makeState(directory: string): Promise<void> {
  try {
    await makeFolders(directory);
  } catch (error) {
    throw new GlideinError(
      'WriteFailed',
      `the directory ${directory} cannot be made: ${systemReason(error) ?? describeError(error)}`,
      {
        cure: 'a volume of images must belong to group 1000; docs/image-sets.md says why it may not',
        cause: error,
      },
    );
  }
}

async function serve(
  {
    tokenFile,
    metricsTokens,
    host,
    port,
  }: {
    readonly tokenFile?: string | undefined;
    readonly metricsTokens?: string | undefined;
    readonly host: string;
    readonly port: number;
  },
  publisher: Publisher,
  registry: Registry,
  stateDirectory: string,
): Promise<StatusServer | undefined> {
  if (tokenFile === undefined) return undefined;
  const server = await serveStatus({
    host,
    port,
    token: async () => (await readFile(tokenFile, 'utf8')).trim(),
    mayScrape: async (authorization) => showsToken(authorization, await digestsIn(metricsTokens)),
    status: () => publisher.status(),
    putLease: (holder, lease) => putLease(stateDirectory, holder, lease),
    dropLease: (holder) => dropLease(stateDirectory, holder),
    registry,
  });
  await writeFile(join(stateDirectory, 'url'), server.url);
  return server;
}

function required(value: string | undefined, flag: string, argument: string): string {
  if (value !== undefined) return value;
  throw new GlideinError('InvalidArgument', `no --${flag} was given`, {
    cure: `write --${flag} ${argument}`,
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`glidein-publisher: ${describeError(error)}\n`);
    process.exit(error instanceof GlideinError ? errorCatalogue[error.code].exit : 1);
  },
);
