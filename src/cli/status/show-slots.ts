import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { slotPages } from '#client/slot-pages.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { Listing } from '../listing.ts';
import { note, type Terminal } from '../terminal.ts';
import { slotListing } from './slot-listing.ts';
import type { SlotQuestion } from './slot-question.ts';

/** Attributes by which a slot can be named. */
const naming = ['Name', 'GLIDEIN_Pilot', 'Machine'] as const;

/** Prints the slots that are asked for. @throws GlideinError NotFound for names that no slot has */
export async function showSlots(
  client: Pick<PoolClient, 'json'>,
  question: SlotQuestion,
  output: Listing['output'],
  terminal: Terminal,
): Promise<void> {
  const listing = slotListing(terminal, question, { output, now: systemClock.wall() / 1000 });
  const absent = new Map(question.names.map((name) => [name.toLowerCase(), name]));
  const { constraint, limit } = question;
  const further = absent.size > 0 ? naming : [];
  const projection = listing.projection && [...listing.projection, ...further];
  let shown = 0;
  let isCut = false;
  for await (const page of slotPages(client, { constraint, projection, limit, signal: terminal.signal })) {
    const ads = page.slots.map(adFromTexts);
    for (const name of ads.flatMap(namesOf)) absent.delete(name);
    await listing.add(ads);
    shown += ads.length;
    isCut ||= page.isCut;
  }
  if (isCut) absent.clear();
  const [missing] = absent.values();
  if (missing === undefined || shown > 0) await listing.end();
  if (isCut) note(terminal, `(${count(shown, 'slot')} shown; there are more, and --limit all shows all)`);
  if (missing !== undefined) throw notFound(missing, question.constraint);
}

const namesOf = (ad: ClassAd): string[] =>
  naming.flatMap((name) => ad.evaluateString(name)?.toLowerCase() ?? []);

const notFound = (name: string, constraint: string | undefined): GlideinError =>
  new GlideinError(
    'NotFound',
    `no slot, pilot or machine ${truncate(name, 253)} is there${constraint?.includes(' && (') === true ? ', or none of its slots is selected' : ''}`,
    { cure: '`glidein status --slots` lists all' },
  );
