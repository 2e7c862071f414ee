import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import {
  type AuditPlace,
  type AuditWish,
  newestPlace,
  recordsAfter,
  recordsUpTo,
} from '#client/audit-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { auditKind } from '#wire/audit.ts';
import { addSettings } from '../add-settings.ts';
import { type AuditListing, auditListing } from '../audit/audit-listing.ts';
import { auditWish, placeIn } from '../audit/audit-wish.ts';
import { findPool } from '../find-pool.ts';
import { listLimit } from '../query-options.ts';
import { drained, note, type Terminal } from '../terminal.ts';

export function auditCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('audit'), outputTable)
    .summary('list who did what, when and from where')
    .description(
      'Lists acts that the pool has carried out or refused, the newest last: an administrator sees all of them, others what they did themselves and what was done to their jobs.',
    )
    .option(
      '--since <TIME>',
      'only from then on: how long ago, such as 1h, or a time such as 2026-01-31T12:00:00Z',
    )
    .option('--until <TIME>', 'only up to then')
    .option('--who <USER>', 'only what this user did')
    .option('--what <KIND>', `only acts of this kind: ${auditKind.options.join(', ')}`)
    .option('--job <JOB>', 'only acts on this job, or on jobs of this cluster')
    .option('--from <ADDRESS>', 'only requests from this address')
    .option('--after <CURSOR>', 'only after this record: its `cursor`, as -o json shows it')
    .option(
      '--limit <N|all>',
      'at most this many records, the newest; 50 if absent, and all with -o json, yaml or --after',
    )
    .option('--follow', 'go on with records as they come, until the command is ended')
    .addHelpText(
      'after',
      `
With -o json each record is a line. Whoever ships them elsewhere keeps the cursor of the last one
and goes on after it.

Examples:
  $ glidein audit --since 1h
  $ glidein audit --job 12.3 -o wide
  $ glidein audit --what drain --who ada --since 7d
  $ glidein audit --follow -o json --after "$(cat last-cursor)" >> audit.jsonl`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const { output } = resolveSettings(outputTable, flags, terminal.environment);
      const wish = auditWish(flags, systemClock.wall());
      const after = flags.after === undefined ? undefined : placeIn(flags.after);
      const isForPeople = (output === 'table' || output === 'wide') && after === undefined;
      const limit = listLimit(flags.limit ?? (isForPeople ? usualLimit : 'all'), 'records');
      const follows = flags.follow === true;
      requireSense({
        follows,
        ends: flags.until !== undefined,
        isLimited: after !== undefined && flags.limit !== undefined,
      });
      const client = await findPool(flags, terminal);
      const listing = auditListing(terminal, output);
      if (after === undefined) await listNewest(client, wish, { limit, follows, listing, terminal });
      else await goOn(client, wish, after, { follows, listing, terminal });
      await client.close();
    });
}

/** The most records in a table when no limit is given. */
const usualLimit = '50';

/** Seconds that the pool waits for a record, and milliseconds until it is asked again while it is away. */
const longestWait = 30;
const pause = 2000;

/** @throws GlideinError InvalidArgument */
function requireSense(said: {
  readonly follows: boolean;
  readonly ends: boolean;
  readonly isLimited: boolean;
}): void {
  if (said.follows && said.ends)
    throw new GlideinError('InvalidArgument', '--follow goes on without end, and --until ends');
  if (said.isLimited)
    throw new GlideinError(
      'InvalidArgument',
      '--limit is for the newest records, and --after goes on from an old one',
      {
        cure: 'leave out either of them',
      },
    );
}

interface How {
  readonly follows: boolean;
  readonly listing: AuditListing;
  readonly terminal: Terminal;
}

async function listNewest(
  client: PoolClient,
  wish: AuditWish,
  { limit, ...how }: How & { readonly limit: number | undefined },
): Promise<void> {
  const { signal } = how.terminal;
  const newest = await newestPlace(client, signal);
  const records = await recordsUpTo(client, wish, newest, { limit, signal });
  how.listing.add(records, newest.generation);
  if (how.follows) await goOn(client, wish, newest, how);
  else how.listing.end(records.length);
}

/** Tells the records after a place: those that are there, or without end. It waits for a pool that goes away meanwhile. */
async function goOn(
  client: PoolClient,
  wish: AuditWish,
  after: AuditPlace,
  { follows, listing, terminal }: How,
): Promise<void> {
  const { signal } = terminal;
  let [place, shown, isAway] = [after, 0, false];
  while (!signal.aborted) {
    try {
      const next = await recordsAfter(client, wish, place, { wait: follows ? longestWait : 0, signal });
      if (next.place.generation !== place.generation)
        note(terminal, 'the pool was restored from a backup: its audit is told from the beginning');
      ({ place } = next);
      isAway = false;
      shown += next.records.length;
      listing.add(next.records, place.generation);
      await drained(terminal);
      if (next.isAll && !follows) break;
    } catch (error) {
      if (signal.aborted) return;
      if (!follows || !isCode(error, 'Unavailable')) throw error;
      if (!isAway) note(terminal, describeError(error));
      isAway = true;
      await sleep(systemClock, pause, signal);
    }
  }
  listing.end(shown);
}
