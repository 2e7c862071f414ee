#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parse } from 'yaml';
import { systemClock } from '#base/clock.ts';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { removeTree } from '#pilot/payload/remove-tree.ts';
import { Pilot } from '#pilot/pilot.ts';
import { type PilotOrder, pilotOrder } from '#spec/pilot-order.ts';
import { createLogger } from '#telemetry/logger.ts';

const logger = createLogger('pilot', { level: process.env.GLIDEIN_LOG_LEVEL ?? 'info' });

/** @throws GlideinError NotFound or InvalidArgument that names the field. */
async function readOrder(file: string): Promise<PilotOrder> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new GlideinError('NotFound', `cannot read the order ${file}`, { cause: error });
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new GlideinError('InvalidArgument', describeError(error), { place: { file } });
  }
  const parsed = pilotOrder.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'order'}: ${issue.message}`);
  throw new GlideinError('InvalidArgument', faults.join('; '), { place: { file } });
}

async function main(options: { order: string; exitWithParent: boolean }): Promise<void> {
  const order = await readOrder(options.order);
  const own = logger.child({ pilot: order.name, group: order.group });
  let pilot: Pilot | undefined;
  let early: string | undefined;
  const end = (reason: string) => {
    early ??= reason;
    pilot?.end(reason);
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  if (options.exitWithParent) {
    process.stdin.on('end', () => end('its parent is gone')).on('error', () => end('its parent is gone'));
    process.stdin.resume();
  }
  pilot = await Pilot.prepare(order, {
    clock: systemClock,
    random: Math.random,
    logger: own,
    environment: process.env,
  });
  if (early !== undefined) pilot.end(early);
  const reason = await pilot.run();
  await removeTree(order.directory).catch((error: unknown) => {
    own.warn({ problem: describeError(error) }, 'directory not removed');
  });
  own.info({ reason }, 'pilot has left');
}

const program = new Command('glidein-pilot')
  .description('Runs jobs of a pool in containers until there is nothing to do.')
  .requiredOption('--order <file>', 'what the pilot is told: YAML or JSON')
  .option('--exit-with-parent', 'leave when standard input ends', false)
  .action(async (options: { order: string; exitWithParent: boolean }) => {
    try {
      await main(options);
      process.exitCode = 0;
    } catch (error) {
      const code = error instanceof GlideinError ? error.code : 'Internal';
      logger.fatal({ code, problem: describeError(error) }, 'pilot cannot run');
      process.exitCode = errorCatalogue[code].exit;
    }
    // What still waits is stdin and timers of nobody.
    process.stdin.destroy();
  });

await program.parseAsync();
