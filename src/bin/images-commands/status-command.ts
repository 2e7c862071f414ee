import type { Command } from 'commander';
import { addSettings } from '#cli/add-settings.ts';
import { printListing } from '#cli/listing.ts';
import { table, widestText } from '#cli/table.ts';
import type { Terminal } from '#cli/terminal.ts';
import { outputTable } from '#config/client-table.ts';
import { imageStatusTable } from '#config/images-table.ts';
import { resolveSettings } from '#config/setting.ts';
import { parseReference, referenceText } from '#images/registry/reference.ts';
import type { ImageSetStatus, ImageStatus, ListingStatus } from '#spec/image-set-status.ts';
import { setStatuses } from './set-statuses.ts';

/** `glidein images status`: whether images of sets are live, and if not, why. */
export function statusCommand(images: Command, terminal: Terminal): void {
  addSettings(addSettings(images.command('status'), imageStatusTable), outputTable)
    .argument('[images...]', 'only these, as the set or the job writes them')
    .summary('tell which images of sets are live, and why others are not')
    .description(
      'Tells of each image of the sets that are published here whether it is live, when its registry is asked next, and why it failed. Failures come first.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ glidein images status
  $ glidein images status ghcr.io/org/analysis:2026-11
  $ glidein images status --publisher https://images.example.org --publisher-token token`,
    )
    .action(async (words: string[], _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const listing = resolveSettings(outputTable, flags, terminal.environment);
      const wanted = new Set(words.map((word) => referenceText(parseReference(word))));
      const sets = (await setStatuses(flags, terminal)).map((set) => only(set, wanted));
      printListing(terminal, listing, sets, (wide) => textOf(sets, wide, terminal.colour));
    });
}

function only(set: ImageSetStatus, wanted: ReadonlySet<string>): ImageSetStatus {
  if (wanted.size === 0) return set;
  return { ...set, listings: [], images: set.images.filter(({ reference }) => wanted.has(reference)) };
}

function textOf(sets: readonly ImageSetStatus[], wide: boolean, colour: boolean): string {
  const rows = sets.flatMap(({ images, listings }) => [
    ...listings.filter(({ failure }) => failure !== undefined).map((each) => listingRow(each)),
    ...images.toSorted((a, b) => rank(a) - rank(b)).map((image) => imageRow(image, wide)),
  ]);
  if (rows.length === 0) return sets.length === 0 ? 'No set of images is published here.' : 'No such image.';
  const head = ['NAME', 'PLATFORM', 'STATE', 'DIGEST', 'SINCE', 'NEXT CHECK', 'REASON'];
  return table(head, rows, colour, wide ? {} : { REASON: widestText });
}

const rank = ({ failure, digest }: ImageStatus): number =>
  failure !== undefined ? 0 : digest === undefined ? 1 : 2;

function imageRow(image: ImageStatus, wide: boolean): string[] {
  const { reference, platform, digest, failure, unlistedSince } = image;
  const state = digest === undefined ? (failure === undefined ? 'Pending' : 'Failed') : 'Live';
  return [
    reference,
    platform,
    unlistedSince === undefined ? state : 'Unlisted',
    digest === undefined ? '' : wide ? digest : digest.slice(0, 'sha256:'.length + 12),
    minute(image.publishedAt),
    minute(image.nextCheckAt),
    failure === undefined ? '' : `${failure.code}: ${failure.reason}`,
  ];
}

const listingRow = ({ reference, nextCheckAt, failure }: ListingStatus): string[] => [
  reference,
  '',
  'Failed',
  '',
  '',
  minute(nextCheckAt),
  failure === undefined ? '' : `${failure.code}: ${failure.reason}`,
];

const minute = (text: string | undefined): string => text?.slice(0, 16).replace('T', ' ') ?? '';
