import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { type JobActionRequest, jobAction } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { refusal, refusalLines } from '../refusals.ts';
import { requestsOf } from '../select-jobs.ts';
import { note, print, type Terminal } from '../terminal.ts';
import { noteUnknownAttributes } from '../unknown-attributes.ts';
import { changeJobs } from './actions.ts';

export function prioCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('prio')
    .argument('[jobs...]', 'jobs such as 12.3, clusters such as 12, or users, for all of their jobs')
    .summary('give jobs another priority among the jobs of their owner')
    .description(
      'Sets the JobPrio of jobs, as condor_prio does. Of the jobs of one user, those with the highest JobPrio start first; which user is served does not depend on it.',
    )
    .option('-p, --priority <N>', 'the new priority, a whole number; jobs without one have 0')
    .option('--by <N>', 'add this to the priority of each job; may also be written +N or -N')
    .option('--constraint <EXPR>', 'also jobs whose ad makes this ClassAd expression true')
    .option('--all', "all of one's own jobs; for an administrator, those of everybody")
    .addHelpText(
      'after',
      `
Examples:
  $ glidein prio -p 5 12.3
  $ glidein prio +5 12 13                          five more than they have
  $ glidein prio -p -10 --constraint 'Kind == "test"'`,
    );
  command.action(async (words: string[]) => {
    const flags = command.optsWithGlobals();
    const wish = { action: 'prioritize' as const, reason: 'glidein prio', ...priorityOf(flags) };
    const requests = requestsOf(words, flags).map((selection) => ({ ...wish, ...selection }));
    const client = await findPool(flags, terminal);
    const { changed, refused } = await changeJobs(client, requests, terminal.signal);
    if (changed + refused.length === 0)
      await noteUnknownAttributes(client, '/v1/jobs', flags.constraint, terminal);
    await client.close();
    print(terminal, `${count(changed, 'job')} changed.`);
    for (const text of refusalLines(refused)) note(terminal, text);
    if (refused.length > 0) throw refusal(refused, 'changed');
    if (changed === 0 && flags.all !== true)
      throw new GlideinError('NotFound', 'no job in the queue was selected that could be changed');
  });
}

/** @throws GlideinError InvalidArgument */
function priorityOf({
  priority,
  by,
}: Record<string, string | undefined>): Pick<JobActionRequest, 'priority' | 'priorityBy'> {
  if ((priority === undefined) === (by === undefined)) {
    const what = priority === undefined ? 'no priority is given' : 'both --priority and --by are given';
    throw new GlideinError('InvalidArgument', what, { cure: 'write either -p N, or +N or -N' });
  }
  return priority === undefined
    ? { priorityBy: wholeNumber('by', by) }
    : { priority: wholeNumber('priority', priority) };
}

/** @throws GlideinError InvalidArgument */
function wholeNumber(option: string, text = ''): number {
  const number = Number(text);
  if (/^[+-]?[0-9]+$/.test(text) && jobAction.shape.priority.safeParse(number).success) return number;
  throw new GlideinError(
    'InvalidArgument',
    `--${option}: "${truncate(text, 64)}" is not a whole number of 32 bits`,
    { cure: 'write one such as 5 or -5' },
  );
}
