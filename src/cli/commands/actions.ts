import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { type JobAction, type JobActionAnswer, jobActionAnswer, maxReason } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { jobNames } from '../job-name.ts';
import { note, print, type Terminal } from '../terminal.ts';

const verbs = [
  {
    name: 'rm',
    action: 'remove',
    done: 'removed',
    summary: 'remove jobs from the queue; running jobs are stopped',
    examples: ['glidein rm 12.3', "glidein rm 12 13 --reason 'wrong input'"],
  },
  {
    name: 'hold',
    action: 'hold',
    done: 'held',
    summary: 'keep jobs from running until they are released; running jobs are stopped and later start over',
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
        requireShort(flags.reason);
        const client = await findPool(flags, terminal);
        const action = { action: verb.action, jobs: jobNames(jobs), reason: flags.reason };
        const { changed, refused } = await act(client, action, terminal);
        await client.close();
        print(terminal, `${count(changed, 'job')} ${verb.done}.`);
        for (const { job, reason } of refused) note(terminal, `${job}: ${reason}`);
        if (refused.length > 0) throw refusal(refused, verb.done);
      });
  }
}

/** @throws GlideinError InvalidArgument for a reason that is longer than any pool accepts */
function requireShort(reason: string): void {
  if (reason.length <= maxReason) return;
  throw new GlideinError(
    'InvalidArgument',
    `the reason has ${reason.length} characters; at most ${maxReason} are kept with a job`,
    { cure: 'write a shorter --reason' },
  );
}

/** The most jobs and clusters that one request names. */
const mostNames = 10_000;

async function act(
  client: PoolClient,
  { action, jobs, reason }: { action: JobAction['action']; jobs: readonly string[]; reason: string },
  { signal }: Terminal,
): Promise<JobActionAnswer> {
  const refused: JobActionAnswer['refused'] = [];
  let changed = 0;
  for (let from = 0; from < jobs.length; from += mostNames) {
    const json: JobAction = { action, jobs: jobs.slice(from, from + mostNames), reason };
    const answer = await client.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json, signal });
    changed += answer.changed;
    refused.push(...answer.refused);
  }
  return { changed, refused };
}

/** The error for refused jobs, with their code when they have one in common. */
function refusal(refused: JobActionAnswer['refused'], done: string): GlideinError {
  const [code = '', ...others] = new Set(refused.map((one) => one.code));
  const common =
    others.length === 0 && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'Conflict';
  const what = refused.length === 1 ? refused[0]?.job : `${refused.length} of them`;
  return new GlideinError(common, `${what} could not be ${done}`);
}
