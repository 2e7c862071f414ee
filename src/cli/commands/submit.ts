import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { excerpt, GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { countOf } from '#submit/queue/procs.ts';
import type { SubmitAnswer } from '#wire/jobs.ts';
import { findPool, isPoolOfUp } from '../find-pool.ts';
import { Progress } from '../progress.ts';
import { checkProxies } from '../submit/check-proxies.ts';
import { checkUnsupported } from '../submit/check-unsupported.ts';
import { dryRunCluster, printDryRun, printVerbose, writeDryRun } from '../submit/dry-run.ts';
import { checkExecutables, withImagePrograms } from '../submit/executables.ts';
import { readDescription } from '../submit/read-description.ts';
import { type AnySubmit, submitJobs } from '../submit/submit-jobs.ts';
import { addSubmitOptions, readSubmitLine, type SubmitLine } from '../submit/submit-options.ts';
import { checkTraceParents, TraceOfSubmit } from '../submit/trace-of-submit.ts';
import { uploadInputs } from '../submit/upload-inputs.ts';
import { note, print, type Terminal } from '../terminal.ts';

export function submitCommand(program: Command, terminal: Terminal): void {
  addSubmitOptions(program.command('submit'))
    .summary('queue the jobs of a submit file')
    .description(
      'Queues the jobs that a submit file describes. When this command returns, they survive whatever happens to the pool.',
    )
    .addHelpText(
      'after',
      `
A submit file is HTCondor's:
  executable            = hello.sh          copied to the job's directory and run there
  arguments             = $(Process)
  container_image       = hello             a directory of the pilot's images, or an absolute path
  transfer_input_files  = data/$(Process).txt
  transfer_output_files = result.txt        if absent, every new file comes back
  request_cpus          = 1
  request_memory        = 256 MB
  queue 10

Examples:
  $ glidein submit hello.sub
  $ glidein submit --dry-run hello.sub
  $ glidein submit files=data.csv hello.sub -append 'priority = 5' -batch-name evening
  $ glidein submit hello.sub -queue name in a b c        one job for each, with $(name)
  $ printf 'executable=/bin/hostname\\ncontainer_image=hello\\nqueue\\n' | glidein submit -

The options of condor_submit work as its users type them, with one dash and abbreviated.`,
    )
    .action(async (words: string[], options, command: Command) => {
      const line = readSubmitLine(words, options, terminal.directory);
      const description = await readDescription(line.file, line.commandLine, terminal);
      sayWarnings(description, line, terminal);
      limitJobs(description, line.mostJobs);
      checkTraceParents(description);
      for (const warning of checkExecutables(description, line.allowCrlf))
        note(terminal, `warning: ${warning}`);
      if (line.dryRun !== undefined) await dryRun(line.dryRun, description, line, terminal);
      else await submit(description, line, command.optsWithGlobals(), terminal);
    });
}

async function dryRun(
  place: string,
  description: SubmitDescription,
  { output, show }: SubmitLine,
  terminal: Terminal,
): Promise<void> {
  if (place === '-') await printDryRun(description, output, terminal);
  else await writeDryRun(description, output, resolve(terminal.directory, place), terminal.signal);
  const jobs = countOf(description);
  if (show === 'terse' && jobs > 0) print(terminal, `${dryRunCluster}.0 - ${dryRunCluster}.${jobs - 1}`);
  else if (place !== '-') print(terminal, `The ads of ${inWords(jobs)} are in ${place}; nothing was queued.`);
}

type Flags = Readonly<Record<string, string | boolean | undefined>>;

async function submit(
  described: SubmitDescription,
  line: SubmitLine,
  flags: Flags,
  terminal: Terminal,
): Promise<void> {
  if (countOf(described) === 0) {
    if (line.show !== 'terse') print(terminal, '0 jobs submitted.');
    return;
  }
  const description = withImagePrograms(described);
  checkProxies(description, systemClock.wall());
  for (const warning of checkUnsupported(description))
    note(terminal, `${line.file ?? 'the command line'}: warning: ${warning}`);
  const client = await findPool(flags, terminal);
  const progress = new Progress(terminal, systemClock);
  const trace = await TraceOfSubmit.begin({ description, terminal, clock: systemClock });
  try {
    const { cluster, procs } = await uploadInputs(client, description, progress, terminal.signal)
      .then((request) => queue(client, trace.marked(request), progress, terminal.signal))
      .finally(() => progress.end());
    trace.queued(cluster, procs);
    await sayQueued(description, line, cluster, terminal);
    if (line.show !== 'terse' && !isPoolOfUp(flags, terminal))
      note(terminal, howToWait(flags, cluster, procs));
  } finally {
    await trace.end();
  }
  await client.close();
}

async function sayQueued(
  description: SubmitDescription,
  { show }: SubmitLine,
  cluster: number,
  terminal: Terminal,
): Promise<void> {
  const jobs = countOf(description);
  if (show === 'verbose') await printVerbose(description, cluster, terminal);
  print(
    terminal,
    show === 'terse'
      ? `${cluster}.0 - ${cluster}.${jobs - 1}`
      : `${inWords(jobs)} submitted to cluster ${cluster}.`,
  );
}

/** Options that say which pool is meant. Variables that say so still do when the next command is typed. */
const poolOptions = { pool: '--pool', tokenFile: '--token-file', account: '--account', context: '--context' };

function howToWait(flags: Flags, cluster: number, jobs: number): string {
  const given = Object.entries(poolOptions).flatMap(([name, option]) =>
    typeof flags[name] === 'string' ? [option, flags[name]] : [],
  );
  const words = ['glidein', ...given, 'wait', cluster].join(' ');
  return `\`${words}\` waits for ${jobs === 1 ? 'it and downloads its' : 'them and downloads their'} results.`;
}

const inWords = (jobs: number): string => count(jobs, 'job');

function limitJobs(description: SubmitDescription, most: number): void {
  const jobs = countOf(description);
  if (most === 0 || jobs <= most) return;
  throw new GlideinError(
    'TooLarge',
    `the file queues ${jobs} jobs, more than the ${most} that -maxjobs allows`,
    {
      cure: 'queue fewer, or allow more with -maxjobs; nothing was submitted',
    },
  );
}

function sayWarnings({ warnings }: SubmitDescription, { unused }: SubmitLine, terminal: Terminal): void {
  for (const { message, place, isUnused } of warnings) {
    if (unused && isUnused === true) continue;
    note(terminal, `${place.file}:${place.line}:${place.column}: warning: ${message}`);
    for (const line of excerpt(place)) note(terminal, line);
  }
}

/** Retries with the same key when the pool goes away meanwhile, so nothing is ever queued twice. */
async function queue(
  client: PoolClient,
  request: AnySubmit,
  progress: Progress,
  signal: AbortSignal,
): Promise<SubmitAnswer> {
  for (let tries = 1; ; tries += 1) {
    try {
      progress.say('queueing');
      return await submitJobs(client, request, signal);
    } catch (error) {
      if (!isCode(error, 'Unavailable') || tries >= 20) throw error;
      progress.say('waiting for the pool');
      await sleep(systemClock, 500, signal);
    }
  }
}
