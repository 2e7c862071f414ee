import type { Command } from 'commander';
import type { Terminal } from '#cli/terminal.ts';
import { addCommand } from './add-command.ts';
import { gcCommand } from './gc-command.ts';
import { listCommand } from './list-command.ts';
import { publishCommand } from './publish-command.ts';
import { removeCommand } from './remove-command.ts';
import { statusCommand } from './status-command.ts';
import { verifyCommand } from './verify-command.ts';
import { waitCommand } from './wait-command.ts';

/** `glidein images`: images of registries as expanded directories, from which pilots of this machine run jobs. */
export function imagesCommand(program: Command, terminal: Terminal): void {
  const images = program
    .command('images')
    .summary('publish images of registries for pilots, as expanded directories')
    .description(
      'Publishes images of registries in a directory, as pilots run them: expanded, each under the name that jobs write.',
    );
  addCommand(images, terminal);
  listCommand(images, terminal);
  publishCommand(images, terminal);
  statusCommand(images, terminal);
  waitCommand(images, terminal);
  removeCommand(images, terminal);
  verifyCommand(images, terminal);
  gcCommand(images, terminal);
}
