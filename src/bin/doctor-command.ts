import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { addSettings } from '#cli/add-settings.ts';
import type { DoctorPodOptions } from '#cli/doctor/doctor-pod.ts';
import { badNews, findingsText } from '#cli/doctor/findings-text.ts';
import { type Listing, printListing } from '#cli/listing.ts';
import { note, type Terminal } from '#cli/terminal.ts';
import { clientTable, outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { readManifestFiles } from '#local/manifest-files.ts';
import { defineSite, type LocalGroup } from '#local/site-definition.ts';
import { type Examination, examine } from '#pilot/probe/examine.ts';
import { runCheck } from '#pilot/validation/run-check.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Check } from '#spec/validation.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { Finding } from '#wire/finding.ts';

/** `glidein doctor`: what a pilot would find out on this machine, or on each kind of node of a cluster. */
export function doctorCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('doctor'), outputTable)
    .summary('tell whether pilots can work here, or in a cluster, and what to change')
    .description(
      'Looks at this machine as a pilot does before it registers: runs a container, tries namespaces, overlays and FUSE, reads limits and settings. Tells in words what is missing, what shows it, and the least change that would help. With -f it also runs the validation scripts of the groups there.',
    )
    .option('-f, --filename <PATH...>', 'manifest files, or directories of them: their validations are run')
    .option(
      '--cluster',
      'look at one node of each kind in the cluster of your kubeconfig, by pods that are removed afterwards',
    )
    .option('--namespace <NAME>', 'with --cluster: where the pods are made', 'default')
    .option(
      '--image <IMAGE>',
      'with --cluster: the image of pilots',
      `glidein.dev/glidein:${program.version()}`,
    )
    .option(
      '--seccomp-profile <FILE>',
      'with --cluster: the Localhost seccomp profile of pilots; Unconfined if absent',
    )
    .addHelpText(
      'after',
      `
It ends with code 9 if something keeps pilots from work. What is only missing concerns jobs that need it.

Examples:
  $ glidein doctor
  $ glidein doctor -f site.yaml
  $ glidein doctor --cluster --namespace hello --seccomp-profile glidein-pilot.json
  $ glidein doctor -o json | jq '.[] | select(.verdict == "bad")'`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      if (flags.cluster === true) {
        const { context } = resolveSettings(clientTable, flags, terminal.environment);
        const { doctorOfCluster } = await import('#cli/doctor/cluster-doctor.ts');
        const { namespace, image, seccompProfile } = flags as DoctorPodOptions;
        await doctorOfCluster({ namespace, image, seccompProfile, context }, listing, terminal);
      } else await doctorHere(flags.filename, listing, terminal);
    });
}

async function doctorHere(
  paths: readonly string[] | undefined,
  listing: Listing,
  terminal: Terminal,
): Promise<void> {
  const groups = paths === undefined ? [] : await groupsIn(paths, terminal);
  const directory = await mkdtemp(join(tmpdir(), 'glidein-doctor-'));
  try {
    const { environment } = terminal;
    const logger = createLogger('doctor', { level: 'silent' });
    const seen = await examine({ directory, environment, clock: systemClock, logger });
    const judged = await Promise.all(
      groups.flatMap((group) =>
        group.spec.pilot.validation.map((check) => judge(check, group, directory, seen, terminal.signal)),
      ),
    );
    const findings = [...seen.findings, ...judged];
    printListing(terminal, listing, findings, () => findingsText(findings));
    const problem = badNews(findings, 'on this machine');
    if (problem !== undefined) throw problem;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function groupsIn(paths: readonly string[], terminal: Terminal): Promise<readonly LocalGroup[]> {
  const machine = { cpus: Number.POSITIVE_INFINITY, memory: Number.POSITIVE_INFINITY };
  const { groups, problems } = defineSite(await readManifestFiles(paths), machine);
  for (const problem of problems) note(terminal, `error: ${problem.describe()}`);
  return groups;
}

/** Runs a script as a pilot of its group would. */
async function judge(
  check: Check,
  group: LocalGroup,
  directory: string,
  { apptainer }: Examination,
  signal: AbortSignal,
): Promise<Finding> {
  const said = { what: `validation ${check.name} of ${group.name}`, attributes: {} };
  if (apptainer === undefined && check.image !== undefined)
    return { ...said, verdict: 'bad', evidence: 'not run: it needs a container' };
  const runtime = apptainer ?? { path: '', version: '', tier: 'A' };
  const { passed, reason } = await runCheck(check, orderOf(group, directory), runtime, signal);
  const fails = check.onFailure === 'Advertise' ? 'missing' : 'bad';
  return { ...said, verdict: passed ? 'good' : fails, evidence: passed ? 'it passes' : reason };
}

const orderOf = ({ name, spec }: LocalGroup, directory: string): PilotOrder => ({
  name: 'doctor',
  uid: 'doctor',
  group: name,
  site: 'local',
  pool: { url: '', tokenFile: join(directory, 'token', 'none') },
  directory,
  cacheDirectory: directory,
  spec: spec.pilot,
});
