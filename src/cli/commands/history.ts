import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { jobPages } from '#client/job-pages.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { addSettings } from '../add-settings.ts';
import { attemptTable } from '../attempts.ts';
import { findPool } from '../find-pool.ts';
import { type JobRows, jobListing } from '../job-listing.ts';
import { jobName } from '../job-name.ts';
import { HistoryTable } from '../job-table.ts';
import { listLimit, readExpression } from '../query-options.ts';
import { note, print, type Terminal } from '../terminal.ts';
import { noteUnknownAttributes } from '../unknown-attributes.ts';

export function historyCommand(program: Command, terminal: Terminal): void {
  addSettings(
    program.command('history').argument('[job]', 'a job such as 12.3, or a cluster such as 12'),
    outputTable,
  )
    .summary('list jobs that have ended, or all tries of one job')
    .description(
      'Lists jobs that have ended, newest first. For a job or cluster: each try, where it ran and how it ended.',
    )
    .option('--constraint <EXPR>', 'only jobs whose ad makes this ClassAd expression true')
    .option('--limit <N|all>', 'at most this many jobs; 50 if absent, and all with -o json or yaml')
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
      const place = placeOf(job, flags.constraint);
      const { output } = resolveSettings(outputTable, flags, terminal.environment);
      const limit = listLimit(flags.limit ?? (output === 'json' || output === 'yaml' ? 'all' : usualLimit));
      const client = await findPool(flags, terminal);
      const wish = { ...place, limit, signal: terminal.signal };
      const rows =
        job === undefined ? endedRows(output === 'wide', terminal) : attemptRows(output === 'wide', terminal);
      const listing = jobListing(terminal, output, rows);
      let [shown, isCut] = [0, false];
      for await (const page of jobPages(client, wish)) {
        await listing.add(page.jobs);
        shown += page.jobs.length;
        isCut ||= page.isCut;
      }
      listing.end();
      if (shown === 0) await noteUnknownAttributes(client, '/v1/history', flags.constraint, terminal);
      await client.close();
      if (isCut) sayCut(shown, output, terminal);
    });
}

/** What to ask the pool for. @throws GlideinError InvalidArgument, InvalidExpression */
function placeOf(job: string | undefined, constraint: string | undefined) {
  if (constraint !== undefined) readExpression('constraint', constraint);
  if (job === undefined) return { path: '/v1/history', query: { constraint } };
  if (constraint === undefined) return { path: `/v1/jobs/${jobName(job)}` };
  throw new GlideinError('InvalidArgument', '--constraint selects among all jobs that have ended', {
    cure: `leave out either ${job} or --constraint`,
  });
}

/** The most jobs in a table when no limit is given. */
const usualLimit = '50';

function endedRows(wide: boolean, { colour }: Terminal): JobRows {
  const rows = new HistoryTable({ wide, now: systemClock.wall() / 1000, colour });
  return { add: (jobs) => rows.add(jobs), none: 'No such job has ended yet.' };
}

const attemptRows = (wide: boolean, { colour }: Terminal): JobRows => ({
  add: (jobs) => jobs.map(({ view }) => attemptTable(view, { wide, colour })).join('\n\n'),
});

/** Part of the output for people, but kept out of what programs read. */
function sayCut(shown: number, output: string, terminal: Terminal): void {
  const text = `(the newest ${count(shown, 'job')}; --limit all shows all)`;
  if (output === 'json' || output === 'yaml') note(terminal, text);
  else print(terminal, text);
}
