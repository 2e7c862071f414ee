import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { jobsAnswer } from '#wire/jobs.ts';
import { ExitCode } from '../exit-code.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { listed } from '../job-table.ts';
import { runSession } from '../ssh/run-session.ts';
import { note, type Terminal } from '../terminal.ts';

/** Milliseconds between two looks at a job that does not run yet. */
const lookAgain = 1000;

export function sshCommand(program: Command, terminal: Terminal): void {
  program
    .command('ssh')
    .argument('<job>', 'a job such as 12.3')
    .argument('[command...]', 'what to run instead of a shell')
    .summary('open a shell in a running job, or run a command there')
    .description(
      "Runs a shell, or one command, in the container of a running job, beside the job itself: with its files, its environment, its user and its limits. What runs counts as the job's, and ends with it.",
    )
    .option('--wait', 'wait for the job to start')
    .addHelpText(
      'after',
      `
Words of a command are joined by blanks and given to /bin/sh, as ssh does it. At a terminal, the command has a terminal; else
it has pipes, which change no byte. The exit code is that of the command, or 128 + the number of the signal that ended it.

Options come before the command. Whatever the session has started ends with it. To leave one that hangs: ~. on a line of its own.

Examples:
  $ glidein ssh 12.0
  $ glidein ssh --wait 12.0 tail -f progress.log
  $ glidein ssh 12.0 'ps -o pid,rss,args; ls -l'
  $ glidein ssh 12.0 cat core.1234 > core.1234`,
    )
    .action(async (name: string, words: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const wanted = { job: jobName(name), command: words.length === 0 ? undefined : words.join(' ') };
      const code = await whenItRuns(client, wanted.job, flags.wait === true, terminal, () =>
        runSession(client, wanted, terminal),
      );
      await client.close();
      if (code !== 0) throw new ExitCode(code);
    });
}

async function whenItRuns(
  client: PoolClient,
  job: string,
  waits: boolean,
  terminal: Terminal,
  run: () => Promise<number>,
): Promise<number> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await run();
    } catch (error) {
      if (!waits || !isCode(error, 'Conflict') || !(await mayRun(client, job, terminal.signal))) throw error;
      if (isFirst)
        note(terminal, `waiting for job ${job} to start; \`glidein why ${job}\` tells what it waits for`);
      await sleep(systemClock, lookAgain, terminal.signal);
    }
  }
}

/** Whether the job waits, or runs already. */
async function mayRun(client: PoolClient, job: string, signal: AbortSignal): Promise<boolean> {
  const { jobs } = await client.json(`/v1/jobs/${job}`, jobsAnswer, { query: { limit: 1 }, signal });
  const status = jobs[0] === undefined ? undefined : listed(jobs[0]).ad.evaluateNumber('JobStatus');
  return status === 1 || status === 2;
}
