import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { parseDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { print, type Terminal } from '#cli/terminal.ts';
import { imagesTable } from '#config/images-table.ts';
import type { ImageChange } from '#images/target/image-target.ts';
import { collectGarbage, type Garbage } from '#images/tree/collect-garbage.ts';
import { leasedImages, leasesIn, stateIn } from '#images/tree/leases.ts';
import { imagesDirectory, imagesTarget } from './images-directory.ts';

/** The most images that are removed at a time: a mistake is to be noticed before everything is gone. */
const most = 50;

/** `glidein images gc`: removes images to which no name leads. */
export function gcCommand(images: Command, terminal: Terminal): void {
  addSettings(images.command('gc'), imagesTable)
    .summary('remove images to which no name leads any more')
    .description(
      `Removes images to which no name has led for a while, at most ${most} at a time: jobs that began before may still run in them.`,
    )
    .option('--dry-run', 'only say what would be removed')
    .option('--grace <DURATION>', 'how long an image stays after its last name has gone', '2d')
    .addHelpText(
      'after',
      `
An image counts as without a name from the first run of this command that finds it so.

Examples:
  $ glidein images gc --dry-run
  $ glidein images gc --grace 12h`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const path = imagesDirectory(flags, terminal);
      const now = systemClock.wall();
      const grace = parseDuration(flags.grace);
      const { digests: used, unreadable } = await leasedImages(stateIn(path), now, grace);
      if (unreadable.length > 0)
        throw new GlideinError(
          'Conflict',
          `the lease ${unreadable[0]} cannot be read, so any image may be in use`,
          { cure: `remove it from ${leasesIn(stateIn(path))} if its holder is gone` },
        );
      const options = { now, grace, most, used, dryRun: flags.dryRun === true };
      if (options.dryRun) tell(await collectGarbage(path, undefined, options), true, terminal);
      else {
        const target = await imagesTarget(flags, terminal);
        try {
          const collect = (change: ImageChange) => collectGarbage(path, change, options);
          tell(await target.change(collect, terminal.signal), false, terminal);
        } finally {
          target.close();
        }
      }
    });
}

function tell({ removed, kept }: Garbage, dryRun: boolean, terminal: Terminal): void {
  for (const digest of removed) print(terminal, `${digest} ${dryRun ? 'would be removed' : 'is removed'}`);
  for (const { digest, until } of kept)
    print(terminal, `${digest} has no name and stays until ${new Date(until).toISOString()} at least`);
  if (removed.length + kept.length === 0) print(terminal, 'Every image has a name.');
}
