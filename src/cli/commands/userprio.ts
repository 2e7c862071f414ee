import type { Command } from 'commander';
import { formatDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import {
  type UserPrioritiesAnswer,
  type UserPriority,
  userPrioritiesAnswer,
  userPriority,
} from '#wire/user-priorities.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { printListing } from '../listing.ts';
import { table } from '../table.ts';
import { note, print, type Terminal } from '../terminal.ts';
import { changeOf } from '../userprio-change.ts';

export function userprioCommand(program: Command, terminal: Terminal): void {
  const command = addSettings(program.command('userprio'), outputTable)
    .argument('[words...]', 'users, such as ada or atlas.ada; for --setfactor and --setprio: USER NUMBER')
    .summary('show who has used how much, and who is served next')
    .description(
      'Shows accounting groups with their quotas, and users by their effective priority, as condor_userprio does: who has the lowest is served first. It is the real priority, which follows the cores in use, times the factor.',
    )
    .option('--allusers', 'also users who have used nothing for a day and have no waiting jobs')
    .option('--all', 'all columns; the same as -o wide')
    .option('--quotas', 'accounting groups only')
    .option('--setfactor', 'as an administrator: set the priority factor of USER to NUMBER')
    .option('--setprio', 'as an administrator: set the real priority of USER to NUMBER')
    .option('--resetusage', 'as an administrator: count the hours of USER from now on')
    .option('--delete', 'as an administrator: forget priority, factor and hours of USER')
    .addHelpText(
      'after',
      `
Who has twice the factor gets half as much. It is 1000 unless the group has another, or an
administrator has set one.

Examples:
  $ glidein userprio
  $ glidein userprio -all -allusers
  $ glidein userprio -setfactor atlas.ada 500
  $ glidein userprio -o json | jq '.users[].coreHours'`,
    );
  command.action(async (words: string[]) => {
    const flags = command.optsWithGlobals();
    const change = changeOf(words, flags);
    const client = await findPool(flags, terminal);
    if (change === undefined) await list(client, words, { command, terminal });
    else {
      const hasUsed = await hasUsedAnything(client, change.user, terminal.signal);
      const changed = await client.json('/v1/userprio', userPriority, {
        method: 'POST',
        json: change,
        signal: terminal.signal,
      });
      print(terminal, userTable([changed], { wide: true, colour: terminal.colour }));
      if (!hasUsed)
        note(
          terminal,
          `${change.user} has used nothing so far; \`glidein userprio -allusers\` lists the names`,
        );
    }
    await client.close();
  });
}

/** Nobody has used anything under a misspelt name, nor has an administrator set its factor. */
async function hasUsedAnything(client: PoolClient, user: string, signal: AbortSignal): Promise<boolean> {
  const asked = `/v1/userprio?user=${encodeURIComponent(user)}`;
  const { users } = await client.json(asked, userPrioritiesAnswer, { signal });
  return users.some(({ firstUsed, factorIsSet }) => firstUsed !== undefined || factorIsSet);
}

interface Listed {
  readonly command: Command;
  readonly terminal: Terminal;
}

async function list(
  client: PoolClient,
  users: readonly string[],
  { command, terminal }: Listed,
): Promise<void> {
  const flags = command.optsWithGlobals();
  const listing = resolveSettings(outputTable, flags, terminal.environment);
  const ask = (query: string) =>
    client.json(`/v1/userprio?${query}`, userPrioritiesAnswer, { signal: terminal.signal });
  const isOfGroups = flags['quotas'] === true;
  if (isOfGroups && users.length > 0)
    throw new GlideinError('InvalidArgument', '--quotas lists accounting groups and takes no user', {
      cure: 'leave out either --quotas or the user',
    });
  const all = flags['allusers'] === true ? 'all=true' : '';
  const answers = await Promise.all(
    users.length === 0 ? [ask(all)] : users.map((user) => ask(`user=${encodeURIComponent(user)}`)),
  );
  const [first] = answers;
  if (first === undefined) return;
  const answer = { ...first, users: isOfGroups ? [] : answers.flatMap((each) => each.users) };
  printListing(terminal, listing, answer, (wide) => {
    const look = { wide: wide || flags['all'] === true, colour: terminal.colour };
    if (isOfGroups) return groupTable(answer, look) ?? 'There are no accounting groups.';
    const groups = users.length === 0 ? groupTable(answer, look) : undefined;
    return [...(groups === undefined ? [] : [groups, '']), userLines(answer, look)].join('\n');
  });
}

interface Look {
  /** With all columns. */
  readonly wide: boolean;
  readonly colour: boolean;
}

function groupTable({ groups }: UserPrioritiesAnswer, { colour }: Look): string | undefined {
  if (groups.length === 0) return undefined;
  return table(
    ['GROUP', 'QUOTA', 'IN USE', 'SPECIFIED', 'SURPLUS', 'FACTOR'],
    groups.map(({ name, quota, used, cores, share, surplus, factor }) => [
      name,
      amount(quota),
      amount(used),
      cores === undefined ? `${amount((share ?? 0) * 100)} %` : `${amount(cores)} cores`,
      surplus ? 'yes' : 'no',
      amount(factor),
    ]),
    colour,
  );
}

function userLines({ users, more }: UserPrioritiesAnswer, look: Look): string {
  if (users.length === 0)
    return 'Nobody has used anything for a day or has waiting jobs; --allusers shows those who have before.';
  const rest = more === 0 ? [] : [`${more} more users are not listed.`];
  return [userTable(users, look), ...rest].join('\n');
}

function userTable(users: readonly UserPriority[], { wide, colour }: Look): string {
  const now = Date.now() / 1000;
  const since = (at: number | undefined): string =>
    at === undefined ? 'never' : formatDuration(Math.max(0, now - at) * 1000);
  const columns: readonly (readonly [head: string, cell: (user: UserPriority) => string, inAll?: true])[] = [
    ['USER', ({ name }) => name],
    ['EFFECTIVE PRIORITY', ({ effectivePriority }) => effectivePriority.toFixed(2)],
    ['REAL PRIORITY', ({ realPriority }) => realPriority.toFixed(2), true],
    ['FACTOR', ({ factor, factorIsSet }) => `${amount(factor)}${factorIsSet ? ' (set)' : ''}`],
    ['CORES IN USE', ({ cores }) => amount(cores)],
    ['CORE HOURS', ({ coreHours }) => coreHours.toFixed(2)],
    ['FIRST USED', ({ firstUsed }) => (firstUsed === undefined ? 'never' : `${since(firstUsed)} ago`), true],
    [
      'LAST USED',
      ({ cores, lastUsed }) =>
        cores > 0 ? 'now' : lastUsed === undefined ? 'never' : `${since(lastUsed)} ago`,
    ],
  ];
  const shown = columns.filter(([, , inAll]) => wide || inAll !== true);
  return table(
    shown.map(([head]) => head),
    users.map((user) => shown.map(([, cell]) => cell(user))),
    colour,
  );
}

/** At most two digits after the point. */
const amount = (number: number): string => String(Math.round(number * 100) / 100);
