import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { jobsAnswer } from '#wire/jobs.ts';
import { addSettings } from '../add-settings.ts';
import { attemptTable } from '../attempts.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { historyTable, listed } from '../job-table.ts';
import { printListing } from '../listing.ts';
import { readExpression } from '../read-expression.ts';
import type { Terminal } from '../terminal.ts';

export function historyCommand(program: Command, terminal: Terminal): void {
  addSettings(
    program.command('history').argument('[job]', 'a job such as 12.3, or a cluster such as 12'),
    outputTable,
  )
    .summary('list jobs that have ended, or every try of one job')
    .description(
      'Lists jobs that have ended, newest first. For a job or cluster: each try, where it ran and how it ended.',
    )
    .option('--constraint <EXPR>', 'only jobs whose ad makes this ClassAd expression true')
    .option('--limit <N>', 'at most so many jobs', '50')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein history
  $ glidein history --constraint 'ExitCode != 0' --limit 10
  $ glidein history 12.3          each try of one job: where it ran, how it ended`,
    )
    .action(async (job: string | undefined, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      if (flags.constraint !== undefined) readExpression('constraint', flags.constraint);
      const client = await findPool(flags, terminal);
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      const { signal } = terminal;
      const { colour } = terminal;
      if (job === undefined) {
        const query = { constraint: flags.constraint, limit: count('limit', flags.limit) };
        const { jobs } = await client.json('/v1/history', jobsAnswer, { query, signal });
        printListing(terminal, listing, jobs, () =>
          historyTable(jobs.map(listed), systemClock.wall() / 1000, colour),
        );
      } else {
        const { jobs } = await client.json(`/v1/jobs/${jobName(job)}`, jobsAnswer, { signal });
        printListing(terminal, listing, jobs, () =>
          jobs.map((each) => attemptTable(each, colour)).join('\n\n'),
        );
      }
      await client.close();
    });
}

function count(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw new GlideinError('InvalidArgument', `--${option}: "${text}" is not a number of jobs`, {
    cure: 'write a whole number from 1 to 1000000',
  });
}
