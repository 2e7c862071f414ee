import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { pilotDrain } from '#wire/pilots.ts';
import {
  type ChosenPilot,
  chosenPilots,
  jobsOn,
  type PilotChoice,
  requireChoice,
  requireFound,
} from '../drain/chosen-pilots.ts';
import { type Ordered, orderPilots, refusedError, refusedLines } from '../drain/order-pilots.ts';
import { findPool } from '../find-pool.ts';
import { moment } from '../job-table.ts';
import { note, oneLine, print, type Terminal } from '../terminal.ts';

export function drainCommand(program: Command, terminal: Terminal): void {
  program
    .command('drain')
    .argument(
      '[pilots...]',
      'pilots, as `glidein status` lists them; PILOT@SITE if several sites have one of this name',
    )
    .summary('let pilots leave once nothing runs on them, or take them back')
    .description(
      'Asks pilots to accept no more jobs and to leave when those that run have ended. Waiting jobs get other pilots, as the pressure policy decides. Needs a token of an operator or an admin.',
    )
    .option('--group <GROUP>', 'all pilots of this group; GROUP@SITE if several sites have one of this name')
    .option('--node <MACHINE>', 'all pilots on this machine')
    .option('--all', 'all pilots of the pool')
    .option('--reason <TEXT>', 'why; shown with the pilots', 'glidein drain')
    .option('--cancel', 'take back pilots that drain by such an order and have not left yet')
    .option('--wait', 'return once the pilots have left')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein drain pilot-7
  $ glidein drain --node node-12 --reason 'new kernel' --wait && reboot-node node-12
  $ glidein drain --cancel --group gpu`,
    )
    .action(async (pilots: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const choice = { pilots, group: flags.group, node: flags.node, all: flags.all === true };
      requireChoice(choice);
      const reason = reasonOf(flags.reason);
      if (flags.cancel === true && flags.wait === true)
        throw new GlideinError('InvalidArgument', 'with --cancel there is nothing to --wait for');
      const client = await findPool(flags, terminal);
      const chosen = await chosenPilots(client, choice, terminal.signal);
      requireFound(choice, chosen);
      if (flags.cancel === true) await takeBack(client, choice, chosen, terminal);
      else await drainAll(client, choice, chosen, { reason, waits: flags.wait === true }, terminal);
      await client.close();
    });
}

/** @throws GlideinError InvalidArgument */
function reasonOf(text: string): string {
  if (pilotDrain.shape.reason.safeParse(text).success) return text;
  throw new GlideinError('InvalidArgument', '--reason: a reason has from 1 to 1024 characters');
}

async function drainAll(
  client: PoolClient,
  choice: PilotChoice,
  chosen: readonly ChosenPilot[],
  { reason, waits }: { readonly reason: string; readonly waits: boolean },
  terminal: Terminal,
): Promise<void> {
  const ordered = await orderPilots(client, chosen, reason, terminal.signal);
  print(
    terminal,
    `${count(ordered.done.length, 'pilot')} will leave when nothing runs on ${themOf(ordered.done)}.`,
  );
  const jobs = await jobsOn(client, choice, terminal.signal);
  for (const line of runningLines(ordered.done, jobs)) print(terminal, oneLine(line));
  complain(ordered, 'drained', terminal);
  if (waits) await untilGone(client, choice, ordered.done, terminal);
}

const themOf = (pilots: readonly unknown[]): string => (pilots.length === 1 ? 'it' : 'them');

/** The most pilots whose jobs are told. */
const mostTold = 20;

/** What still runs on each pilot, and until when at the latest. */
function runningLines(
  pilots: readonly ChosenPilot[],
  jobs: ReadonlyMap<string, readonly string[]>,
): string[] {
  const busy = pilots.filter(({ name }) => jobs.has(name));
  const lines = busy.slice(0, mostTold).map(({ name, endAt }) => {
    const own = jobs.get(name) ?? [];
    const listed = own.length > 8 ? [...own.slice(0, 8), '…'] : own;
    const until = endAt === undefined ? '' : `, until ${moment(endAt)} at the latest`;
    return `${name} runs ${count(own.length, 'job')} (${listed.join(', ')})${until}`;
  });
  const more = busy.length - lines.length;
  return more > 0 ? [...lines, `${count(more, 'more pilot')} ${more === 1 ? 'runs' : 'run'} jobs`] : lines;
}

/** @throws GlideinError if some were refused, after saying which */
function complain(ordered: Ordered, what: string, terminal: Terminal): void {
  for (const line of refusedLines(ordered)) note(terminal, line);
  const error = refusedError(ordered, what);
  if (error !== undefined) throw error;
}

/** Milliseconds between looks at pilots that leave. */
const pause = 1000;

async function untilGone(
  client: PoolClient,
  choice: PilotChoice,
  pilots: readonly ChosenPilot[],
  terminal: Terminal,
): Promise<void> {
  const uids = new Set(pilots.map(({ uid }) => uid));
  for (let told = pilots.length; ; ) {
    const left = (await chosenPilots(client, choice, terminal.signal)).filter(({ uid }) => uids.has(uid));
    if (left.length < told)
      note(terminal, `${count(pilots.length - left.length, 'pilot')} of ${pilots.length} gone`);
    if (left.length === 0) return;
    told = left.length;
    await sleep(systemClock, pause, terminal.signal);
    terminal.signal.throwIfAborted();
  }
}

/** How often to look whether pilots that were asked to come back have answered. */
const looks = 40;

async function takeBack(
  client: PoolClient,
  choice: PilotChoice,
  chosen: readonly ChosenPilot[],
  terminal: Terminal,
): Promise<void> {
  const draining = chosen.filter(({ isDraining }) => isDraining);
  const ordered = await orderPilots(client, draining, undefined, terminal.signal);
  const uids = new Set(ordered.done.map(({ uid }) => uid));
  let now: readonly ChosenPilot[] = [];
  for (let look = 0; look === 0 || (look < looks && now.some(({ isAsked }) => isAsked)); look += 1) {
    if (look > 0) await sleep(systemClock, pause / 4, terminal.signal);
    terminal.signal.throwIfAborted();
    now = (await chosenPilots(client, choice, terminal.signal)).filter(({ uid }) => uids.has(uid));
  }
  const left = now.filter(({ isDraining }) => isDraining);
  if (draining.length === 0) print(terminal, noneDrains(chosen.length));
  else print(terminal, `${count(now.length - left.length, 'pilot')} taken back.`);
  const gone = uids.size - now.length;
  if (gone > 0) note(terminal, `${count(gone, 'pilot')} had left already`);
  for (const pilot of left) note(terminal, `${pilot.name} ${stillDrains(pilot)}`);
  complain(ordered, 'taken back', terminal);
  if (left.length > 0)
    throw new GlideinError('Conflict', `${count(left.length, 'pilot')} could not be taken back`);
}

const noneDrains = (pilots: number): string =>
  pilots === 1 ? 'The pilot does not drain.' : `None of the ${pilots} pilots drains.`;

const stillDrains = ({ isAsked, reason }: ChosenPilot): string =>
  isAsked
    ? 'has not answered yet; it comes back once it does'
    : `drains for a reason of its own: ${reason ?? 'it did not say which'}`;
