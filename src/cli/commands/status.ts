import type { Command } from 'commander';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { pilotsAnswer } from '#wire/pilots.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { type Listing, printListing } from '../listing.ts';
import { pilotsText } from '../status/pilots-text.ts';
import { showSlots } from '../status/show-slots.ts';
import { asksForSlots, slotQuestion } from '../status/slot-question.ts';
import type { Terminal } from '../terminal.ts';
import { repeatWhileWatched } from '../watch.ts';

export function statusCommand(program: Command, terminal: Terminal): void {
  addSettings(
    program
      .command('status')
      .argument('[names...]', 'slots, pilots or machines: their slots alone are listed, as with --slots'),
    outputTable,
  )
    .summary('show pilots and groups, with what the pressure policy decided and why; or slots')
    .description(
      'Shows each group with its pilots by phase and the reason of the last decision, then each pilot and what is free on it. With names or one of the options below, it lists slots, as condor_status does: of each pilot what is free (slot1@PILOT), and each claimed share of it (slot1_1@PILOT).',
    )
    .option('--slots', 'list slots, and how many of each group are in each state')
    .option('--services', 'list the services of pilots, with their last failures')
    .option('--constraint <EXPR>', 'only slots whose ad makes this ClassAd expression true')
    .option('--avail', 'only slots that are Unclaimed and have a core free')
    .option('--claimed', 'only slots that are Claimed')
    .option('--compact', 'one line a pilot, with what is free on it')
    .option('--total', 'only how many slots of each group are in each state')
    .option('-l, --long', 'whole slot ads, one attribute a line')
    .option('--af <ATTRS...>', 'print only the values of these attributes or expressions')
    .option('--af-form <LETTERS>', 'how --af prints; -af:jh means --af-form jh --af')
    .option('--attributes <NAMES>', 'only these attributes, with commas between them, with -l and -o json')
    .option('--limit <N|all>', 'at most this many slots')
    .option('--watch', 'print again every two seconds, until Ctrl-C')
    .addHelpText(
      'after',
      `
Pilots are Starting, Validating (checking their node), Idle, Busy, Draining, Gone or Failed.
Slots are Unclaimed, Claimed, Preempting (their job is being stopped), Drained (the pilot accepts no more jobs), or Owner (the
pilot has no connection). Letters of --af-form: j the job first, h a heading, l labels, r expressions as they are, V strings in
quotes, and "," t n for what separates values.

Examples:
  $ glidein status
  $ glidein status --slots                          as condor_status; --compact, --total and --avail work too
  $ glidein status --constraint 'Memory > 64000' --af Name Cpus Memory
  $ glidein status --services                       what runs beside jobs: Triton, say, and whether it is ready
  $ glidein status pilot-7 -l                       the whole ads of the slots of one pilot
  $ glidein status -o json | jq '.pilots[].name'    pilots; with --slots, slots`,
    )
    .action(async (names: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const { output } = resolveSettings(outputTable, flags, terminal.environment);
      const question = asksForSlots(names, flags) ? slotQuestion(names, flags) : undefined;
      const client = await findPool(flags, terminal);
      await repeatWhileWatched(flags.watch === true, terminal, () =>
        question === undefined
          ? showPilots(client, output, terminal)
          : showSlots(client, question, output, terminal),
      );
      await client.close();
    });
}

async function showPilots(client: PoolClient, output: Listing['output'], terminal: Terminal): Promise<void> {
  const answer = await client.json('/v1/pilots', pilotsAnswer, { signal: terminal.signal });
  printListing(terminal, { output }, answer, (wide) => pilotsText(answer, { wide, colour: terminal.colour }));
}
