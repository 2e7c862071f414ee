import type { Command } from 'commander';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { print, type Terminal } from '#cli/terminal.ts';
import { imagesTable } from '#config/images-table.ts';
import { parseReference, referenceText } from '#images/registry/reference.ts';
import { imagesTarget } from './images-directory.ts';

/** `glidein images remove`: takes names away; the images themselves go with `gc`. */
export function removeCommand(images: Command, terminal: Terminal): void {
  addSettings(images.command('remove'), imagesTable)
    .argument('<names...>', 'as `glidein images list` has them, or as they were added')
    .summary('take names away')
    .description(
      'Takes names away, so that no further job uses them. Jobs that run keep their images, which `glidein images gc` removes later.',
    )
    .addHelpText('after', '\nExamples:\n  $ glidein images remove docker.io/library/debian:12')
    .action(async (words: string[], _options, command: Command) => {
      const names = words.map((word) => referenceText(parseReference(word)));
      const target = await imagesTarget(command.optsWithGlobals(), terminal);
      try {
        for (const name of names) {
          if (!(await target.change((images) => images.unlink(name), terminal.signal)))
            throw new GlideinError('NotFound', `no image is published as ${name}`, {
              cure: '`glidein images list` has the names',
            });
          print(terminal, `${name} is gone.`);
        }
      } finally {
        target.close();
      }
    });
}
