import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { type JobActionAnswer, type JobActionRequest, jobActionAnswer, maxReason } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { refusal, refusalLines } from '../refusals.ts';
import { requestsOf } from '../select-jobs.ts';
import { note, print, type Terminal } from '../terminal.ts';
import { noteUnknownAttributes } from '../unknown-attributes.ts';

const verbs = [
  {
    name: 'rm',
    action: 'remove',
    done: 'removed',
    summary: 'remove jobs from the queue; running jobs are stopped',
    examples: [
      'glidein rm 12.3',
      "glidein rm 12 13 --reason 'wrong input'",
      'glidein rm alice                                 all jobs of a user',
      "glidein rm --constraint 'JobStatus == 5'         -constraint works too",
    ],
  },
  {
    name: 'hold',
    action: 'hold',
    done: 'held',
    summary: 'keep jobs from running until they are released; running jobs are stopped and later start over',
    examples: ["glidein hold 12 --reason 'waiting for calibration'", 'glidein hold --all'],
  },
  {
    name: 'release',
    action: 'release',
    done: 'released',
    summary: 'let held jobs wait again',
    examples: ['glidein release 12.3', "glidein release --constraint 'HoldReasonCode == 12'"],
  },
] as const;

/** `rm`, `hold` and `release`: one command each, alike but for the verb. */
export function actionCommands(program: Command, terminal: Terminal): void {
  for (const verb of verbs) {
    const command = program
      .command(verb.name)
      .argument('[jobs...]', 'jobs such as 12.3, clusters such as 12, or users, for all of their jobs')
      .summary(verb.summary)
      .addHelpText('after', `\nExamples:\n${verb.examples.map((text) => `  $ ${text}`).join('\n')}`)
      .option('--constraint <EXPR>', 'also jobs whose ad makes this ClassAd expression true')
      .option('--all', "all of one's own jobs; for an administrator, those of everybody")
      .option('--reason <TEXT>', 'why; kept with the job', `glidein ${verb.name}`);
    if (verb.action === 'hold')
      command.option('--subcode <N>', 'the HoldReasonSubCode of the jobs, for programs');
    command.action(async (words: string[]) => {
      const flags = command.optsWithGlobals();
      requireShort(flags.reason);
      const wish = { action: verb.action, reason: flags.reason, ...subcodeOf(flags.subcode) };
      const requests = requestsOf(words, flags).map((selection) => ({ ...wish, ...selection }));
      const client = await findPool(flags, terminal);
      const { changed, refused } = await changeJobs(client, requests, terminal.signal);
      if (changed + refused.length === 0)
        await noteUnknownAttributes(client, '/v1/jobs', flags.constraint, terminal);
      await client.close();
      print(terminal, `${count(changed, 'job')} ${verb.done}.`);
      for (const text of refusalLines(refused)) note(terminal, text);
      if (refused.length > 0) throw refusal(refused, verb.done);
      if (changed === 0 && flags.all !== true)
        throw new GlideinError('NotFound', `no job in the queue was selected that could be ${verb.done}`);
    });
  }
}

/** @throws GlideinError InvalidArgument */
function subcodeOf(text: string | undefined): { readonly subcode?: number } {
  if (text === undefined) return {};
  const subcode = Number(text);
  if (/^-?[0-9]+$/.test(text) && Math.trunc(subcode) === (subcode | 0)) return { subcode };
  throw new GlideinError('InvalidArgument', `--subcode: "${truncate(text, 64)}" is not a number of 32 bits`, {
    cure: 'write a whole number',
  });
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

/** Sends the requests one after the other, each until the pool has looked at all jobs. */
export async function changeJobs(
  client: Pick<PoolClient, 'json'>,
  requests: readonly JobActionRequest[],
  signal: AbortSignal,
): Promise<JobActionAnswer> {
  const refused: JobActionAnswer['refused'] = [];
  let changed = 0;
  for (const request of requests) {
    // Each answer to a long request says where the next one goes on.
    for (let json: JobActionRequest | undefined = request; json !== undefined; ) {
      const answer: JobActionAnswer = await client.json('/v1/jobs/actions', jobActionAnswer, {
        method: 'POST',
        json,
        signal,
      });
      changed += answer.changed;
      refused.push(...answer.refused);
      if (answer.next !== undefined && answer.next === json.after)
        throw new GlideinError('InvalidMessage', 'the pool does not come any further with this selection');
      json = answer.next === undefined ? undefined : { ...request, after: answer.next };
    }
  }
  return { changed, refused };
}
