import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { type JobsAnswer, jobsAnswer } from '#wire/jobs.ts';
import { addSettings } from '../add-settings.ts';
import { autoformat } from '../autoformat.ts';
import { findPool } from '../find-pool.ts';
import { type ListedJob, listed, queueTable } from '../job-table.ts';
import { printListing } from '../listing.ts';
import { print, type Terminal } from '../terminal.ts';
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
  $ glidein q --constraint 'RequestCpus > 1'
  $ glidein q --af ClusterId ProcId RemoteHost`,
    )
    .action(async (jobs: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      await repeatWhileWatched(flags.watch === true, terminal, async () => {
        const answer = await ask(client, jobs, flags, terminal.signal);
        show(terminal, answer, flags);
      });
      await client.close();
    });
}

async function ask(
  client: PoolClient,
  jobs: readonly string[],
  flags: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<JobsAnswer> {
  if (jobs.length === 0) {
    const { constraint, owner } = flags;
    return client.json('/v1/jobs', jobsAnswer, { query: { constraint, owner }, signal });
  }
  const answers = await Promise.all(
    jobs.map((job) => client.json(`/v1/jobs/${job}`, jobsAnswer, { signal })),
  );
  const all = answers.flatMap((answer) => answer.jobs);
  return { jobs: all, total: all.length };
}

function show(terminal: Terminal, answer: JobsAnswer, flags: Record<string, unknown>): void {
  const jobs: ListedJob[] = answer.jobs.map(listed);
  if (Array.isArray(flags.af)) {
    for (const { ad } of jobs) print(terminal, autoformat(ad, flags.af as string[]));
    return;
  }
  const listing = resolveSettings(outputTable, flags as Record<string, string>, terminal.environment);
  printListing(terminal, listing, answer.jobs, (wide) =>
    queueTable(jobs, wide, systemClock.wall() / 1000, terminal.isTerminal),
  );
  if (answer.total > answer.jobs.length) print(terminal, `(${answer.jobs.length} of ${answer.total} shown)`);
}
