import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { note, oneLine, print, type Terminal } from '#cli/terminal.ts';
import { defaultState, logLocks } from '#cli/user-directories.ts';
import { clientTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { upTable } from '#config/up-table.ts';
import { loginFiles } from '#images/registry/credentials.ts';
import { type Machine, memoryReserve } from '#local/machine.ts';
import { readManifestFiles } from '#local/manifest-files.ts';
import type { GroupPlan } from '#local/plan-site.ts';
import { defineSite } from '#local/site-definition.ts';
import { up } from '#local/up.ts';
import { createLogger } from '#telemetry/logger.ts';
import { onTermination } from '#telemetry/termination.ts';
import { cacheDirectory } from './images-commands/images-directory.ts';

/** `glidein up`: a pool and its pilots on this machine, from the manifests that a cluster would get. */
export function upCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('up'), upTable)
    .summary('run a pool and its pilots on this machine')
    .description(
      'Runs a pool on this machine, and starts pilots as processes, from the manifests that a cluster would get. Ctrl-C ends everything.',
    )
    .addHelpText(
      'after',
      `
As long as this runs, results and event logs of your jobs appear where their submit files say.

Manifests are the same as for a cluster: GlideinPool, GlideinGroup, PressurePolicy, ImageSet. If one is wrong, the error is printed
with its place, and the others are used. Jobs, results and logs are kept in the state directory for the next time.

Examples:
  $ glidein up -f examples/hello
  $ glidein up -f site.yaml --state /tmp/other --port 9618
  $ glidein --state /tmp/other q`,
    )
    .requiredOption('-f, --filename <PATH...>', 'manifest files, or directories of them')
    .option('--exit-with-parent', 'end when standard input ends')
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const settings = resolveSettings(upTable, flags, terminal.environment);
      const { state } = resolveSettings(clientTable, flags, terminal.environment);
      const files = await readManifestFiles(flags.filename);
      const machine = machineOf(settings);
      const site = defineSite(files, machine);
      for (const problem of site.problems) note(terminal, `error: ${problem.describe()}`);
      for (const text of site.notes) note(terminal, `note: ${text}`);
      if (site.pool === undefined || site.groups.length === 0) {
        const what = site.pool === undefined ? 'no GlideinPool' : 'no GlideinGroup';
        throw new GlideinError(
          'InvalidManifest',
          `${flags.filename.join(' ')} has ${what} that can run here`,
          {
            cure: 'see examples/hello for a complete set',
          },
        );
      }
      const cache = cacheDirectory(terminal);
      const images = settings.images ?? join(cache, 'images');
      const running = await up({
        poolSpec: site.poolSpec,
        groups: site.groups,
        publishing: {
          imageSets: site.imageSets,
          directory: images,
          layers: join(cache, 'set-layers'),
          logins: loginFiles(terminal.environment, terminal.home),
        },
        machine,
        stateDirectory: state ?? defaultState(terminal),
        images: [images],
        apptainer: settings.apptainer,
        port: settings.port,
        lease: settings.lease,
        user: terminal.user,
        locks: logLocks(terminal),
        onRemark: (sentence) => note(terminal, oneLine(sentence)),
        programs: {
          pool: programNamed('pool'),
          pilot: programNamed('pilot'),
          publisher: programNamed('publisher'),
        },
        searchPath: terminal.environment.PATH,
        clock: systemClock,
        random: Math.random,
        logger: createLogger('up', { level: settings.logLevel }),
        onPlan: changesOnly(terminal),
      });
      print(terminal, `pool ${site.pool} answers at ${running.url}, logs in ${running.state.logs}`);
      for (const { name } of site.imageSets)
        print(
          terminal,
          `images of ${name} are published in ${images}, log in ${join(running.state.logs, `publisher-${name}.log`)}`,
        );
      // Closing the terminal is another way to end this.
      process.once('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
      await onTermination({ withStdin: flags.exitWithParent === true });
      print(terminal, 'ending pilots, then the pool; press Ctrl-C again to end jobs without their grace');
      void onTermination({ withStdin: false }).then(() => running.hurry());
      await running.stop();
    });
}

/** What all pilots together may offer: as the settings say, or whatever this process may use. */
function machineOf({ cores, memory }: { cores?: number | undefined; memory?: number | undefined }): Machine {
  const here = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return { cpus: cores ?? availableParallelism(), memory: memory ?? Math.max(0, here - memoryReserve) };
}

/** The program beside this one, as a source or as a bundle, run by the same Node. */
function programNamed(name: string): readonly string[] {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return [process.execPath, fileURLToPath(new URL(`./${name}${suffix}`, import.meta.url))];
}

/** Prints a group's decision if it differs from the last one. */
function changesOnly(terminal: Terminal): (plan: GroupPlan) => void {
  const last = new Map<string, string>();
  return ({ state: { group }, decision, plan }) => {
    const line = `${group.name}: ${plan.reason} (wanted ${decision.wanted})`;
    if (last.get(group.name) === line) return;
    last.set(group.name, line);
    print(terminal, oneLine(line));
  };
}
