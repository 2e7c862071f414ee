import type { Command } from 'commander';
import { formatDuration } from '#base/duration.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import { type PilotsAnswer, pilotsAnswer } from '#wire/pilots.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { decisionCell, printListing } from '../listing.ts';
import { table, widestText } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { repeatWhileWatched } from '../watch.ts';

export function statusCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('status'), outputTable)
    .summary('show pilots and groups, with what the pressure policy decided and why')
    .description(
      'Shows each group with its pilots by phase and the reason of the last decision, then each pilot and what is free on it.',
    )
    .option('--watch', 'print again every two seconds, until Ctrl-C')
    .addHelpText(
      'after',
      `
Pilots are Starting, Validating (checking their node), Idle, Busy, Draining, Gone or Failed.

Examples:
  $ glidein status
  $ glidein status --watch
  $ glidein status -o json | jq '.pilots[].name'`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      await repeatWhileWatched(flags.watch === true, terminal, async () => {
        const answer = await client.json('/v1/pilots', pilotsAnswer, { signal: terminal.signal });
        printListing(terminal, listing, answer, (wide) =>
          statusText(answer, { wide, colour: terminal.colour }),
        );
      });
      await client.close();
    });
}

interface Look {
  readonly wide: boolean;
  readonly colour: boolean;
}

const statusText = (answer: PilotsAnswer, look: Look): string =>
  `${groupTable(answer, look)}\n\n${pilotTable(answer, look)}`;

function groupTable({ bidders }: PilotsAnswer, { wide, colour }: Look): string {
  const rows = bidders.flatMap(({ site, groups, heardSecondsAgo }) =>
    groups.map((group) => [
      group.name,
      site,
      String(group.wanted),
      phaseText(group.phases),
      `${Math.round(heardSecondsAgo)}s ago`,
      decisionCell(group.decision, group.blocked),
    ]),
  );
  if (rows.length === 0) return 'No group feeds this pool at present.';
  return table(
    ['GROUP', 'SITE', 'WANTED', 'PILOTS', 'HEARD', 'WHY'],
    rows,
    colour,
    wide ? {} : { WHY: widestText },
  );
}

const phaseText = (phases: Readonly<Record<string, number>>): string =>
  Object.entries(phases)
    .filter(([, count]) => count > 0)
    .map(([phase, count]) => `${count} ${phase}`)
    .join(', ') || 'none';

function pilotTable({ pilots }: PilotsAnswer, { colour }: Look): string {
  if (pilots.length === 0) return 'No pilot is registered.';
  const rows = pilots.map((pilot) => {
    const slot = adFromTexts(pilot.slot);
    const free = adFromTexts(pilot.free);
    const of = (name: string): string =>
      `${free.evaluateNumber(name) ?? 0} of ${slot.evaluateNumber(name) ?? 0}`;
    const state = pilot.connected ? pilot.state : `${pilot.state} (disconnected)`;
    const idle = pilot.state === 'Idle' ? formatDuration(pilot.idleSeconds * 1000) : '';
    return [pilot.name, pilot.group, state, of('Cpus'), of('Memory'), String(pilot.claims), idle];
  });
  return table(['PILOT', 'GROUP', 'STATE', 'FREE CPUS', 'FREE MB', 'JOBS', 'IDLE FOR'], rows, colour);
}
