import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { type GlideinError, isCode } from '#base/error.ts';
import { evaluate } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { type JobsAnswer, type JobView, jobsAnswer } from '#wire/jobs.ts';
import { addSettings } from '../add-settings.ts';
import { autoformat } from '../autoformat.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { type ListedJob, listed, queueTable } from '../job-table.ts';
import { printListing } from '../listing.ts';
import { readExpression } from '../read-expression.ts';
import { note, print, type Terminal } from '../terminal.ts';
import { repeatWhileWatched } from '../watch.ts';

export function qCommand(program: Command, terminal: Terminal): void {
  addSettings(
    program.command('q').argument('[jobs...]', 'jobs such as 12.3, or clusters such as 12'),
    outputTable,
  )
    .summary('list the jobs that wait, run or are held')
    .description(
      'Lists the jobs that have not ended, as condor_q -nobatch does. Held jobs are listed with the reason.',
    )
    .option('--constraint <EXPR>', 'only jobs whose ad makes this ClassAd expression true')
    .option('--owner <USER>', 'only jobs of this user')
    .option('--af <ATTRS...>', 'print only the values of these attributes or expressions')
    .option('--watch', 'print again every two seconds, until Ctrl-C')
    .addHelpText(
      'after',
      `
States: I idle (waits), R running, H held, C completed, X removed.

Examples:
  $ glidein q
  $ glidein q 12 13.0                               only these
  $ glidein q --constraint 'RequestCpus > 1' --owner alice
  $ glidein q --af ClusterId ProcId RemoteHost      one line a job, for scripts; -af does as well
  $ glidein q -o json | jq '.[].id'
  $ glidein q --watch`,
    )
    .action(async (jobs: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const question = questionOf(jobs, flags);
      const client = await findPool(flags, terminal);
      await repeatWhileWatched(flags.watch === true, terminal, async () => {
        const { answer, absent } = await ask(client, question, terminal.signal);
        if (absent === undefined || answer.jobs.length > 0) show(terminal, answer, flags);
        if (absent !== undefined) throw absent;
      });
      await client.close();
    });
}

interface Question {
  readonly jobs: readonly string[];
  readonly constraint: string | undefined;
  readonly owner: string | undefined;
}

/** Looked at before the pool is asked. @throws GlideinError InvalidArgument, InvalidExpression */
function questionOf(
  jobs: readonly string[],
  { constraint, owner }: Record<string, string | undefined>,
): Question {
  if (constraint !== undefined) readExpression('constraint', constraint);
  return { jobs: jobs.map(jobName), constraint, owner };
}

/** What there is of the jobs, and an error for the first that is not there. */
async function ask(
  client: PoolClient,
  { jobs, constraint, owner }: Question,
  signal: AbortSignal,
): Promise<{ answer: JobsAnswer; absent: GlideinError | undefined }> {
  if (jobs.length === 0) {
    const answer = await client.json('/v1/jobs', jobsAnswer, { query: { constraint, owner }, signal });
    return { answer, absent: undefined };
  }
  let absent: GlideinError | undefined;
  const views: JobView[] = [];
  for (const job of jobs) {
    try {
      views.push(...(await client.json(`/v1/jobs/${job}`, jobsAnswer, { signal })).jobs);
    } catch (error) {
      if (!isCode(error, 'NotFound')) throw error;
      absent ??= error;
    }
  }
  const expression = constraint === undefined ? undefined : readExpression('constraint', constraint);
  const wanted = views.filter((view) => {
    const { ad } = listed(view);
    return (
      (owner === undefined || ad.evaluateString('Owner') === owner) &&
      (expression === undefined || isTrue(evaluate(expression, ad)))
    );
  });
  return { answer: { jobs: wanted, total: wanted.length }, absent };
}

function show(terminal: Terminal, answer: JobsAnswer, flags: Record<string, unknown>): void {
  const jobs: ListedJob[] = answer.jobs.map(listed);
  if (Array.isArray(flags.af)) {
    const expressions = flags.af.map((text: string) => readExpression('af', text));
    for (const { ad } of jobs) print(terminal, autoformat(ad, expressions));
  } else {
    const listing = resolveSettings(outputTable, flags as Record<string, string>, terminal.environment);
    printListing(terminal, listing, answer.jobs, (wide) =>
      queueTable(jobs, wide, systemClock.wall() / 1000, terminal.colour),
    );
  }
  if (answer.total > answer.jobs.length) note(terminal, `(${answer.jobs.length} of ${answer.total} shown)`);
}
