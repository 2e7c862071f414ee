import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { type GlideinError, isCode } from '#base/error.ts';
import { evaluate } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import type { JobView } from '#wire/jobs.ts';
import { addSettings } from '../add-settings.ts';
import { Autoformat } from '../autoformat.ts';
import { findPool } from '../find-pool.ts';
import { type JobListing, jobListing, valueListing } from '../job-listing.ts';
import { jobNames } from '../job-name.ts';
import { listed, QueueTable } from '../job-table.ts';
import { listLimit, readExpression } from '../query-options.ts';
import { note, oneLine, type Terminal } from '../terminal.ts';
import { unknownAttributes } from '../unknown-attributes.ts';
import { occasionally, repeatWhileWatched } from '../watch.ts';

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
    .option('--limit <N|all>', 'at most this many jobs', 'all')
    .option('--af <ATTRS...>', 'print only the values of these attributes or expressions')
    .option('--af-form <LETTERS>', 'how --af prints; -af:jh means --af-form jh --af')
    .option('--watch', 'print again every two seconds, until Ctrl-C')
    .addHelpText(
      'after',
      `
States: I idle (waiting), R running, H held, C completed, X removed.

Examples:
  $ glidein q
  $ glidein q 12 13.0                               only these
  $ glidein q --constraint 'RequestCpus > 1' --owner alice
  $ glidein q --af ClusterId ProcId RemoteHost      one line per job, for scripts; -af works too
  $ glidein q -o json | jq '.[].id'
  $ glidein q --watch`,
    )
    .action(async (jobs: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const question = questionOf(jobs, flags);
      const client = await findPool(flags, terminal);
      const { constraint } = question;
      const look = occasionally(() => unknownAttributes(client, '/v1/jobs', constraint, terminal.signal));
      const unknown = async (shown: number) => (shown === 0 ? look() : []);
      await repeatWhileWatched(flags.watch === true, terminal, () =>
        show(client, question, { flags, unknown, terminal }),
      );
      await client.close();
    });
}

interface Question {
  readonly jobs: readonly string[];
  readonly constraint: string | undefined;
  readonly owner: string | undefined;
  readonly limit: number | undefined;
}

/** Checks the options before the pool is asked. @throws GlideinError InvalidArgument, InvalidExpression */
function questionOf(
  jobs: readonly string[],
  { constraint, owner, limit = 'all' }: Record<string, string | undefined>,
): Question {
  if (constraint !== undefined) readExpression('constraint', constraint);
  return { jobs: jobNames(jobs), constraint, owner, limit: listLimit(limit) };
}

/** Prints the jobs that exist. @throws GlideinError NotFound for the first that does not */
async function show(
  client: PoolClient,
  question: Question,
  {
    flags,
    unknown,
    terminal,
  }: {
    flags: Record<string, unknown>;
    /** Lines about a constraint that has selected so many jobs. */
    unknown: (shown: number) => Promise<readonly string[]>;
    terminal: Terminal;
  },
): Promise<void> {
  const listing = listingOf(flags, terminal);
  const told = { shown: 0, isCut: false };
  let absent: GlideinError | undefined;
  for (const path of pathsOf(question)) {
    try {
      await showSome(client, path, question, { listing, told, terminal });
    } catch (error) {
      if (!isCode(error, 'NotFound') || question.jobs.length === 0) throw error;
      absent ??= error;
    }
  }
  if (absent === undefined || told.shown > 0) listing.end();
  for (const line of await unknown(told.shown)) note(terminal, line);
  if (told.isCut)
    note(terminal, `(${count(told.shown, 'job')} shown; there are more, and --limit all shows all)`);
  if (absent !== undefined) throw absent;
}

/** Prints the jobs of one path, up to the limit that remains. */
async function showSome(
  client: PoolClient,
  path: string,
  question: Question,
  {
    listing,
    told,
    terminal,
  }: { listing: JobListing; told: { shown: number; isCut: boolean }; terminal: Terminal },
): Promise<void> {
  const { constraint, owner } = question;
  const limit = question.limit === undefined ? undefined : question.limit - told.shown;
  const isWanted = question.jobs.length === 0 ? () => true : wanted(question);
  told.isCut ||= limit === 0;
  const wish = { path, query: { constraint, owner }, limit, signal: terminal.signal };
  for await (const page of jobPages(client, wish)) {
    const jobs = page.jobs.filter(isWanted);
    await listing.add(jobs);
    told.shown += jobs.length;
    told.isCut ||= page.isCut;
  }
}

const pathsOf = ({ jobs }: Question): string[] =>
  jobs.length === 0 ? ['/v1/jobs'] : jobs.map((job) => `/v1/jobs/${job}`);

function listingOf(flags: Record<string, unknown>, terminal: Terminal): JobListing {
  const now = systemClock.wall() / 1000;
  if (Array.isArray(flags.af)) {
    const written = flags.af.map((text: string) => ({ text, expression: readExpression('af', text) }));
    const letters = typeof flags.afForm === 'string' ? flags.afForm : undefined;
    const clean = terminal.isTerminal ? { clean: oneLine } : {};
    return valueListing(
      terminal,
      new Autoformat(written, { letters, environment: { now: () => now }, ...clean }),
    );
  }
  const { output } = resolveSettings(outputTable, flags as Record<string, string>, terminal.environment);
  const rows = new QueueTable({ wide: output === 'wide', now, colour: terminal.colour });
  return jobListing(terminal, output, rows);
}

/** Whether a job passes the filters: a pool applies them to lists, but an older pool not to jobs that are named. */
function wanted({ constraint, owner }: Question): (view: JobView) => boolean {
  const expression = constraint === undefined ? undefined : readExpression('constraint', constraint);
  const environment = { now: () => systemClock.wall() / 1000 };
  return (view) => {
    const { ad } = listed(view);
    return (
      (owner === undefined || ad.evaluateString('Owner') === owner) &&
      (expression === undefined || isTrue(evaluate(expression, ad, undefined, environment)))
    );
  };
}
