import type { Command } from 'commander';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { type WhyAnswer, whyAnswer } from '#wire/why.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { decisionCell, printListing } from '../listing.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { oneLine } from '../terminal.ts';

export function whyCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('why').argument('<job>', 'a job such as 12.3'), outputTable)
    .summary('tell why a job does not run')
    .description(
      'Tells what keeps an idle job from running: the clause or resource by which each slot and each group excludes ' +
        'it, and what the groups decided. For a held job it tells the reason, for a running job where it runs.',
    )
    .action(async (job: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      const answer = await client.json(`/v1/jobs/${encodeURIComponent(job)}/why`, whyAnswer, {
        signal: terminal.signal,
      });
      await client.close();
      printListing(terminal, listing, answer, () => whyText(answer, terminal.colour));
    });
}

function whyText(answer: WhyAnswer, colour: boolean): string {
  const parts = [`${answer.job} ${answer.state}. ${oneLine(answer.summary)}`];
  if (answer.slots.length > 0) {
    const rows = answer.slots.map((slot) => [String(slot.count), slot.sentence, slot.examples.join(' ')]);
    parts.push(table(['SLOTS', 'WHY NOT', 'SUCH AS'], rows, colour));
  }
  if (answer.groups.length > 0) {
    const rows = answer.groups.map(({ name, site, wanted, sentence, decision, blocked, heardSecondsAgo }) => [
      name,
      site,
      String(wanted),
      sentence,
      heardSecondsAgo === undefined ? '?' : `${Math.round(heardSecondsAgo)}s ago`,
      decisionCell(decision, blocked),
    ]);
    parts.push(table(['GROUP', 'SITE', 'WANTED', 'FOR THIS JOB', 'HEARD', 'DECISION'], rows, colour));
  }
  return parts.join('\n\n');
}
