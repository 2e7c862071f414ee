import type { Command } from 'commander';
import { GlideinError } from '#base/error.ts';
import { type JobAction, jobActionAnswer } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { note, print, type Terminal } from '../terminal.ts';

const verbs = [
  {
    name: 'rm',
    action: 'remove',
    done: 'removed',
    summary: 'remove jobs from the queue; running ones are ended',
  },
  { name: 'hold', action: 'hold', done: 'held', summary: 'keep jobs from running until they are released' },
  { name: 'release', action: 'release', done: 'released', summary: 'let held jobs wait again' },
] as const;

/** `rm`, `hold` and `release`: one command each, alike but for the verb. */
export function actionCommands(program: Command, terminal: Terminal): void {
  for (const verb of verbs) {
    program
      .command(verb.name)
      .argument('<jobs...>', 'jobs such as 12.3, or clusters such as 12')
      .summary(verb.summary)
      .option('--reason <TEXT>', 'why; kept with the job', `glidein ${verb.name}`)
      .action(async (jobs: string[], _options, command: Command) => {
        const flags = command.optsWithGlobals();
        const client = await findPool(flags, terminal);
        const json: JobAction = { action: verb.action, jobs, reason: flags.reason };
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
