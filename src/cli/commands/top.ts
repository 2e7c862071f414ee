import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { type SummaryAnswer, summaryAnswer } from '#wire/summary.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { printListing } from '../listing.ts';
import { oneLine, type Terminal } from '../terminal.ts';
import { Screen } from '../top/screen.ts';
import { topModel } from '../top/top-model.ts';
import { topText } from '../top/top-text.ts';

export function topCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('top'), outputTable)
    .summary('watch what the pool does: jobs, cores, rates, groups, submitters and problems')
    .description(
      'Shows how many jobs wait and run, how many cores are used, how fast jobs start and end, what each group and each submitter does, and what keeps groups from growing. It is drawn anew until you press q.',
    )
    .option('--once', 'print it once, after a moment in which rates are measured, and end')
    .option('--interval <SECONDS>', 'how often it is drawn anew', '2')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein top
  $ glidein top --once -o json | jq .jobs.Idle`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const interval = intervalOf(flags.interval);
      const { output } = resolveSettings(outputTable, flags, terminal.environment);
      const isOnce = flags.once === true || output === 'json' || output === 'yaml';
      if (!isOnce && !terminal.isTerminal)
        throw new GlideinError('InvalidArgument', 'the output of `glidein top` is no terminal', {
          cure: 'write --once to print it once, or --once -o json for programs',
        });
      const client = await findPool(flags, terminal);
      if (isOnce) await once(client, output, interval, terminal);
      else await live(client, interval, terminal);
      await client.close();
    });
}

/** In milliseconds. @throws GlideinError InvalidArgument */
function intervalOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.5 && seconds <= 3600) return seconds * 1000;
  throw new GlideinError('InvalidArgument', `--interval: "${text}" is not a number of seconds`, {
    cure: 'write one from 0.5 to 3600',
  });
}

const ask = (client: PoolClient, signal: AbortSignal): Promise<SummaryAnswer> =>
  client.json('/v1/summary', summaryAnswer, { signal });

async function once(
  client: PoolClient,
  output: 'table' | 'wide' | 'json' | 'yaml',
  interval: number,
  terminal: Terminal,
): Promise<void> {
  const { signal, colour } = terminal;
  const first = await ask(client, signal);
  const isForPeople = output === 'table' || output === 'wide';
  if (isForPeople) await sleep(systemClock, interval, signal);
  const now = isForPeople ? await ask(client, signal) : first;
  const size = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
  printListing(terminal, { output }, now, () => topText(topModel(now, first), size, colour).join('\n'));
}

/** Until the user leaves. A pool that goes away meanwhile is waited for. */
async function live(client: PoolClient, interval: number, terminal: Terminal): Promise<void> {
  let before = await ask(client, terminal.signal);
  let model = topModel(before, undefined);
  const screen = new Screen(terminal);
  try {
    for (let problem: string | undefined; !screen.ended.aborted; ) {
      const lines = topText(
        problem === undefined ? model : { ...model, problems: [problem] },
        screen.size,
        terminal.colour,
      );
      screen.show(lines);
      await sleep(systemClock, interval, screen.ended);
      if (screen.ended.aborted) return;
      try {
        const now = await ask(client, screen.ended);
        model = topModel(now, before);
        before = now;
        problem = undefined;
      } catch (error) {
        if (screen.ended.aborted) return;
        if (!isCode(error, 'Unavailable')) throw error;
        problem = oneLine(describeError(error));
      }
    }
  } finally {
    screen.close();
  }
}
