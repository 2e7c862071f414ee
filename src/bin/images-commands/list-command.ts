import type { Command } from 'commander';
import { addSettings } from '#cli/add-settings.ts';
import { printListing } from '#cli/listing.ts';
import { table } from '#cli/table.ts';
import type { Terminal } from '#cli/terminal.ts';
import { outputTable } from '#config/client-table.ts';
import { imagesTable } from '#config/images-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { publishedNames, recordOf } from '#images/tree/image-directory.ts';
import { imagesDirectory } from './images-directory.ts';

/** An image as programs get it with `-o json`. */
interface ListedImage {
  readonly name: string;
  /** Absent for a name that leads to no image. */
  readonly digest?: string;
  readonly bytes?: number;
  readonly entries?: number;
  readonly publishedAt?: string;
}

/** `glidein images list`: the names that jobs may write. */
export function listCommand(images: Command, terminal: Terminal): void {
  addSettings(addSettings(images.command('list'), imagesTable), outputTable)
    .summary('list the images that are published')
    .description('Lists the names under which images are published, with what each leads to.')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein images list
  $ glidein images list -o json | jq -r '.[].name'`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const directory = imagesDirectory(flags, terminal);
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      const all = await listedIn(directory);
      printListing(terminal, listing, all, (wide) =>
        all.length === 0
          ? `No image is published in ${directory}. Publish one with \`glidein images add REFERENCE\`.`
          : table(
              ['NAME', 'DIGEST', 'SIZE', 'FILES', 'PUBLISHED'],
              all.map((image) => rowOf(image, wide)),
              terminal.colour,
            ),
      );
    });
}

async function listedIn(directory: string): Promise<ListedImage[]> {
  const names = await publishedNames(directory);
  return await Promise.all(
    names.map(async ({ name, digest }): Promise<ListedImage> => {
      if (digest === undefined) return { name };
      const record = await recordOf(directory, digest);
      if (record === undefined) return { name, digest };
      const { bytes, entries, publishedAt } = record;
      return { name, digest, bytes, entries, publishedAt };
    }),
  );
}

function rowOf({ name, digest, bytes, entries, publishedAt }: ListedImage, wide: boolean): string[] {
  return [
    name,
    digest === undefined ? 'leads to no image' : wide ? digest : digest.slice(0, 'sha256:'.length + 12),
    bytes === undefined ? '' : `${Math.ceil(bytes / 2 ** 20)} MiB`,
    entries === undefined ? '' : String(entries),
    publishedAt?.slice(0, 16).replace('T', ' ') ?? '',
  ];
}
