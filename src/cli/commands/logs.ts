import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { findPool } from '../find-pool.ts';
import { JobLog } from '../job-log.ts';
import { jobName } from '../job-name.ts';
import type { Terminal } from '../terminal.ts';

export function logsCommand(program: Command, terminal: Terminal): void {
  program
    .command('logs')
    .argument('<job>', 'a job such as 12.3')
    .summary('print what a job has written')
    .description(
      'Prints what a job has written to its standard output so far, while it runs or after its end.',
    )
    .option('--err', 'its standard error instead')
    .option('-f, --follow', 'wait for the job to start, and print until it has ended or is held')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein logs 12.0
  $ glidein logs 12.0 --err | tail -3
  $ glidein logs 12.0 -f`,
    )
    .action(async (name: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const stream = flags.err === true ? 'stderr' : 'stdout';
      await follow(new JobLog(client, jobName(name), stream, terminal), flags.follow === true, terminal);
      await client.close();
    });
}

async function follow(log: JobLog, untilEnd: boolean, terminal: Terminal): Promise<void> {
  let isKnown = false;
  while (!terminal.signal.aborted) {
    try {
      // Asked before the log is read: once a job has ended, what the log has then is complete.
      const more = await log.mayGrow();
      isKnown = true;
      await log.copy();
      if (!untilEnd || !more) return;
    } catch (error) {
      // The pilot may be reconnecting, or the pool restarting: what they have will still come.
      if (!isKnown || !untilEnd || !(isCode(error, 'Unavailable') || isCode(error, 'Timeout'))) throw error;
      log.say(`${describeError(error)}; waiting for more`);
    }
    await sleep(systemClock, 500, terminal.signal);
  }
}
