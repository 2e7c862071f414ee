#!/usr/bin/env node
import { mkdtemp, readFile } from 'node:fs/promises';
import { arch, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { issuesInWords } from '#base/issue-in-words.ts';
import { ownerVariable } from '#base/process-owner.ts';
import { parseTraceParent, traceVariable } from '#base/trace-parent.ts';
import { Pilot } from '#pilot/pilot.ts';
import { examine } from '#pilot/probe/examine.ts';
import { probeNode } from '#pilot/probe/probe-node.ts';
import { removeTree } from '#pilot/runtime/remove-tree.ts';
import { StartSpans } from '#pilot/start-spans.ts';
import { type PilotOrder, type WrittenOrder, writtenOrder } from '#spec/pilot-order.ts';
import { createLogger } from '#telemetry/logger.ts';
import { terminationLog } from '#telemetry/termination-log.ts';
import { openTracing } from '#telemetry/tracing.ts';

const logger = createLogger('pilot', { level: process.env.GLIDEIN_LOG_LEVEL ?? 'info' });

/** Orders are written as JSON. Only who writes one by hand, as YAML, needs to load what reads that. */
async function parseOrder(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    const { parseYamlOrder } = await import('./yaml-order.ts');
    return parseYamlOrder(text);
  }
}

/** @throws GlideinError NotFound, or InvalidArgument that names the field */
async function readOrder(file: string): Promise<WrittenOrder> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new GlideinError('NotFound', `cannot read the order ${file}`, { cause: error });
  });
  let content: unknown;
  try {
    content = await parseOrder(text);
  } catch (error) {
    throw new GlideinError('InvalidArgument', describeError(error), { place: { file } });
  }
  const parsed = writtenOrder.safeParse(content);
  if (parsed.success) return parsed.data;
  const isNewer = parsed.error.issues.some(({ code }) => code === 'unrecognized_keys');
  throw new GlideinError('InvalidArgument', issuesInWords(parsed.error, 'order'), {
    place: { file },
    ...(isNewer && {
      cure: 'take a pilot of the version that wrote the order, or leave out what this one does not know',
    }),
  });
}

interface Options {
  readonly order?: string;
  readonly doctor: boolean;
  readonly uid?: string;
  readonly exitWithParent: boolean;
  readonly terminationLog?: string;
  readonly probeOnly: boolean;
}

/** @throws GlideinError InvalidArgument when neither the order nor the flag says who the pilot is */
async function readOrderOf(options: Options): Promise<PilotOrder> {
  if (options.order === undefined) {
    throw new GlideinError('InvalidArgument', 'there is no order', {
      cure: 'write --order FILE, or --doctor',
    });
  }
  const order = await readOrder(options.order);
  const uid = options.uid ?? order.uid;
  if (uid !== undefined && uid.length > 0 && uid.length <= 128) return { ...order, uid };
  const message = uid === undefined ? 'the order names no uid' : `the uid has ${uid.length} characters`;
  throw new GlideinError('InvalidArgument', message, { cure: 'write --uid UID with the uid of the pod' });
}

/**
 * Runs the pilot until it leaves. One that has found out that payloads cannot run on its node ends as one that could not begin: its
 * group is to learn of that node.
 * @param report called with the reason why the pilot leaves: as soon as it is known, and at the end
 * @returns the exit code
 */
async function main(options: Options, report: (reason: string) => Promise<void>): Promise<number> {
  const order = await readOrderOf(options);
  const own = logger.child({ pilot: order.name, group: order.group });
  if (options.probeOnly) {
    await report(await probeResult(order, own));
    return 0;
  }
  const traces = await startSpans(order, own);
  // Whatever this pilot leaves behind can be told from other processes by the next one here.
  process.env[ownerVariable] ??= order.directory;
  let pilot: Pilot | undefined;
  let early: string | undefined;
  const end = (reason: string) => {
    early ??= reason;
    pilot?.end(reason);
    // The kubelet may kill the pilot before the payloads' grace is over, so this is reported now.
    void report(reason);
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  if (options.exitWithParent) {
    process.stdin.on('end', () => end('its parent is gone')).on('error', () => end('its parent is gone'));
    process.stdin.resume();
  }
  const work = async () => {
    pilot = await Pilot.probe(order, {
      clock: systemClock,
      random: Math.random,
      logger: own,
      environment: process.env,
      traces,
    });
    if (early !== undefined) pilot.end(early);
    return await pilot.run();
  };
  const { reason, isFault } = await work().catch(async (error: unknown) => {
    await closeTraces(traces, describeError(error));
    throw error;
  });
  await report(reason);
  await removeTree(order.directory).catch((error: unknown) => {
    own.warn({ problem: describeError(error) }, 'directory not removed');
  });
  await closeTraces(traces, reason);
  own.info({ reason }, 'pilot has left');
  return isFault ? errorCatalogue.RuntimeFailed.exit : 0;
}

/** Undefined: nobody wants spans. What this process belongs to is not what its payloads belong to, so they do not inherit it. */
async function startSpans(order: PilotOrder, own: typeof logger): Promise<StartSpans | undefined> {
  const parent = parseTraceParent(process.env[traceVariable]);
  delete process.env[traceVariable];
  const { name: pilot, group } = order;
  const tracing = await openTracing({ environment: process.env, program: 'glidein-pilot', logger: own });
  if (tracing === undefined) return undefined;
  const begun = performance.timeOrigin;
  return new StartSpans({ tracing, parent, clock: systemClock, begun, pilot, group });
}

async function closeTraces(traces: StartSpans | undefined, reason: string): Promise<void> {
  traces?.left(reason);
  await traces?.tracing.close();
}

/** What the probe found, as JSON. @throws GlideinError RuntimeFailed when no payload could run here */
async function probeResult(order: PilotOrder, own: typeof logger): Promise<string> {
  const { apptainer } = await probeNode(order, {
    clock: systemClock,
    logger: own,
    environment: process.env,
  });
  await removeTree(order.directory);
  return JSON.stringify({ tier: apptainer?.tier ?? 'Direct', arch: arch(), kernel: release() });
}

/** For `glidein doctor --cluster`, which reads it in the log of a pod. */
async function printFindings(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-doctor-'));
  try {
    const { findings } = await examine({ directory, environment: process.env, clock: systemClock, logger });
    process.stdout.write(`${JSON.stringify(findings)}\n`);
  } finally {
    await removeTree(directory);
  }
}

const program = new Command('glidein-pilot')
  .description('Runs jobs of a pool in containers until there is nothing to do.')
  .option('--order <file>', 'file with the order of the pilot: YAML or JSON')
  .option('--uid <uid>', 'identity of the pilot: the uid of its pod; overrides that of the order')
  .option(
    '--termination-log <file>',
    'where to write why the pilot leaves (default in a pod: /dev/termination-log)',
  )
  .option('--exit-with-parent', 'leave when standard input ends', false)
  .option('--probe-only', 'only find out whether payloads can run here, and report it', false)
  .option('--doctor', 'only look at this node, and print what was found as one line of JSON', false)
  .action(async (options: Options) => {
    if (options.doctor) {
      await printFindings();
      return;
    }
    const log = await terminationLog(options.terminationLog, process.env);
    const report = (message: string) =>
      log.write(message).catch((error: unknown) => {
        logger.warn({ problem: describeError(error) }, 'termination log not written');
      });
    try {
      process.exitCode = await main(options, report);
    } catch (error) {
      const code = error instanceof GlideinError ? error.code : 'Internal';
      const problem = describeError(error);
      await report(problem);
      logger.fatal({ code, problem }, 'pilot cannot run');
      process.exitCode = errorCatalogue[code].exit;
    }
    // Only stdin, timers that nobody needs, and a collector of spans that never answers could keep the process alive.
    process.stdin.destroy();
    setTimeout(() => process.exit(), 1000).unref();
  });

await program.parseAsync();
