import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { addSettings } from '#cli/add-settings.ts';
import { note, oneLine, print, type Terminal } from '#cli/terminal.ts';
import { imagesTable } from '#config/images-table.ts';
import { publishedNames } from '#images/tree/image-directory.ts';
import { verifyImage } from '#images/tree/verify.ts';
import { imagesDirectory } from './images-directory.ts';

/** `glidein images verify`: whether everything is there that was published. */
export function verifyCommand(images: Command, terminal: Terminal): void {
  addSettings(images.command('verify'), imagesTable)
    .summary('compare images with what was published')
    .description('Checks that every name leads to an image, and that every image has what was published.')
    .option('--deep', 'read every file, and not only its size')
    .addHelpText('after', '\nExamples:\n  $ glidein images verify --deep')
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const directory = imagesDirectory(flags, terminal);
      const names = await publishedNames(directory);
      let damaged = 0;
      for (const { name, digest } of names) {
        const problems =
          digest === undefined
            ? ['it leads to no image']
            : await verifyImage(directory, digest, flags.deep === true, terminal.signal);
        for (const problem of problems) note(terminal, oneLine(`${name}: ${problem}`));
        if (problems.length > 0) damaged += 1;
      }
      if (damaged > 0)
        throw new GlideinError(
          'Conflict',
          `${damaged} of ${count(names.length, 'image')} ${damaged === 1 ? 'differs' : 'differ'} from what was published`,
          {
            cure: 'remove the names, run `glidein images gc --grace 0s`, and add the images again',
          },
        );
      print(terminal, `${count(names.length, 'image')} ${names.length === 1 ? 'is' : 'are'} complete.`);
    });
}
