import type { Command } from 'commander';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { whyAnswer } from '#wire/why.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { printListing } from '../listing.ts';
import type { Terminal } from '../terminal.ts';
import { whyText } from '../why-text.ts';

export function whyCommand(program: Command, terminal: Terminal): void {
  addSettings(program.command('why').argument('<job>', 'a job such as 12.3'), outputTable)
    .summary('tell why a job does not run')
    .description(
      'Tells in its first line what keeps a job from running and what to do about it. Then come the details: how many slots ' +
        'and groups each condition excludes, and how many it excludes alone; the slots that come closest; what the groups ' +
        'decided. For a held job it tells the reason and the cure, for a running job where it runs.',
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
