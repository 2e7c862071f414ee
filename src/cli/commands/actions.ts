import type { Command } from 'commander';
import { GlideinError } from '#base/error.ts';
import { type JobAction, jobActionAnswer } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { note, print, type Terminal } from '../terminal.ts';

const verbs = [
  {
    name: 'rm',
    action: 'remove',
    done: 'removed',
    summary: 'remove jobs from the queue; running ones are ended',
    examples: ['glidein rm 12.3', "glidein rm 12 13 --reason 'wrong input'"],
  },
  {
    name: 'hold',
    action: 'hold',
    done: 'held',
    summary: 'keep jobs from running until they are released; running ones are ended and run again then',
    examples: ["glidein hold 12 --reason 'waiting for calibration'"],
  },
  {
    name: 'release',
    action: 'release',
    done: 'released',
    summary: 'let held jobs wait again',
    examples: ['glidein release 12.3'],
  },
] as const;

/** `rm`, `hold` and `release`: one command each, alike but for the verb. */
export function actionCommands(program: Command, terminal: Terminal): void {
  for (const verb of verbs) {
    program
      .command(verb.name)
      .argument('<jobs...>', 'jobs such as 12.3, or clusters such as 12')
      .summary(verb.summary)
      .addHelpText('after', `\nExamples:\n${verb.examples.map((text) => `  $ ${text}`).join('\n')}`)
      .option('--reason <TEXT>', 'why; kept with the job', `glidein ${verb.name}`)
      .action(async (jobs: string[], _options, command: Command) => {
        const flags = command.optsWithGlobals();
        const client = await findPool(flags, terminal);
        const json: JobAction = { action: verb.action, jobs: jobs.map(jobName), reason: flags.reason };
        const { changed, refused } = await client.json('/v1/jobs/actions', jobActionAnswer, {
          method: 'POST',
          json,
          signal: terminal.signal,
        });
        await client.close();
        print(terminal, `${changed} job${changed === 1 ? '' : 's'} ${verb.done}.`);
        for (const { job, reason } of refused) note(terminal, `${job}: ${reason}`);
        if (refused.length > 0)
          throw new GlideinError('Conflict', `${refused.length} could not be ${verb.done}`);
      });
  }
}
