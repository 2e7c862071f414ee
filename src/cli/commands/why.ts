import type { Command } from 'commander';
import type { PoolClient } from '#client/pool-client.ts';
import { outputTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { slotWhyAnswer, whyAnswer } from '#wire/why.ts';
import { addSettings } from '../add-settings.ts';
import { findPool } from '../find-pool.ts';
import { type Listing, printListing } from '../listing.ts';
import type { Terminal } from '../terminal.ts';
import { slotWhyText, whyText } from '../why-text.ts';

export function whyCommand(program: Command, terminal: Terminal): void {
  addSettings(
    program.command('why').argument('<job-or-slot>', 'a job such as 12.3, or the name of a slot or a pilot'),
    outputTable,
  )
    .summary('tell why a job does not run, or why a slot is idle')
    .description(
      'Tells in its first line what keeps a job from running and what to do about it. Then come the details: how many slots ' +
        'and groups each condition excludes, and how many it excludes alone; the slots that come closest; what the groups ' +
        'decided. For a held job it tells the reason and the cure, for a running job where it runs, and for a slot why it ' +
        'runs no more jobs.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ glidein why 12.3
  $ glidein why 12.3 -o json | jq -r .kind
  $ glidein why slot1@hello-0`,
    )
    .action(async (name: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      if (jobPattern.test(name)) await tellOfJob(client, name, listing, terminal);
      else await tellOfSlot(client, name, listing, terminal);
      await client.close();
    });
}

/** No pilot's name is like this: Kubernetes and `glidein up` name pilots `GROUP-NUMBER`. */
const jobPattern = /^\d+(\.\d+)?$/;

async function tellOfJob(
  client: PoolClient,
  job: string,
  listing: Listing,
  terminal: Terminal,
): Promise<void> {
  const path = `/v1/jobs/${encodeURIComponent(job)}/why`;
  const answer = await client.json(path, whyAnswer, { signal: terminal.signal });
  printListing(terminal, listing, answer, () => whyText(answer, terminal.colour));
}

async function tellOfSlot(
  client: PoolClient,
  slot: string,
  listing: Listing,
  terminal: Terminal,
): Promise<void> {
  const path = `/v1/slots/${encodeURIComponent(slot)}/why`;
  const answer = await client.json(path, slotWhyAnswer, { signal: terminal.signal });
  printListing(terminal, listing, answer, () => slotWhyText(answer, terminal.colour));
}
