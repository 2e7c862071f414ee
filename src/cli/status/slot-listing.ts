import { ClassAd } from '#classad/class-ad.ts';
import { type Json, toJson, toJsonText } from '#classad/json.ts';
import { asciiLower } from '#classad/names.ts';
import { printAd } from '#classad/print.ts';
import { Autoformat } from '../autoformat.ts';
import type { Listing } from '../listing.ts';
import { drained, harmless, oneLine, print, type Terminal } from '../terminal.ts';
import { serviceListing } from './service-listing.ts';
import { attributesOf, type SlotQuestion } from './slot-question.ts';
import { SlotTable, shownAttributes } from './slot-table.ts';
import { SlotTotals } from './slot-totals.ts';

/** Prints slots in parts, as they arrive: a listing may be larger than memory. */
export interface SlotListing {
  /** The attributes that it needs; all if undefined. */
  readonly projection: readonly string[] | undefined;
  add(ads: readonly ClassAd[]): Promise<void>;
  end(): Promise<void>;
}

/** A listing in the requested format. @param now epoch seconds */
export function slotListing(
  terminal: Terminal,
  question: SlotQuestion,
  { output, now }: { readonly output: Listing['output']; readonly now: number },
): SlotListing {
  if (question.af !== undefined) return values(terminal, question, now);
  if (question.look === 'services') return serviceListing(terminal, { output, now });
  if (question.look === 'long') return long(terminal, question.attributes);
  if (output === 'json') return json(terminal, question.attributes);
  if (output === 'yaml') return yaml(terminal, question.attributes);
  const { look, constraint } = question;
  return tables(terminal, { look, constraint }, output === 'wide', now);
}

function values(terminal: Terminal, { af = [], letters }: SlotQuestion, now: number): SlotListing {
  const format = new Autoformat(af, {
    letters,
    environment: { now: () => now },
    ...(terminal.isTerminal && { clean: oneLine }),
  });
  const read = attributesOf(af.map(({ expression }) => expression));
  return {
    projection: read === undefined ? undefined : [...read, 'JobId'],
    async add(ads) {
      const rows = ads.map((ad) => ({ ad, job: ad.evaluateString('JobId') ?? '' }));
      for (const line of format.lines(rows)) print(terminal, line);
      await drained(terminal);
    },
    async end() {},
  };
}

/** One attribute a line, sorted, with an empty line after each slot. */
const long = (terminal: Terminal, attributes: readonly string[] | undefined): SlotListing => ({
  projection: attributes,
  async add(ads) {
    for (const ad of ads) {
      const lines = printAd(only(ad, attributes), 'old');
      print(terminal, terminal.isTerminal ? harmless(lines) : lines);
    }
    await drained(terminal);
  },
  async end() {},
});

/** An array of ads in HTCondor's JSON, as condor_status -json prints it. */
function json(terminal: Terminal, attributes: readonly string[] | undefined): SlotListing {
  let before = '[\n';
  return {
    projection: attributes,
    async add(ads) {
      for (const ad of ads) {
        terminal.out.write(`${before}${toJsonText(only(ad, attributes), 2)}`);
        before = ',\n';
      }
      await drained(terminal);
    },
    async end() {
      print(terminal, before === ',\n' ? '\n]' : '[]');
    },
  };
}

/** YAML sequences that follow one another form one sequence. */
function yaml(terminal: Terminal, attributes: readonly string[] | undefined): SlotListing {
  let isEmpty = true;
  return {
    projection: attributes,
    async add(ads) {
      const plain: Json[] = ads.map((ad) => toJson(only(ad, attributes)));
      if (plain.length > 0) terminal.out.write((await import('../yaml-text.ts')).yamlText(plain));
      isEmpty &&= plain.length === 0;
      await drained(terminal);
    },
    async end() {
      if (isEmpty) print(terminal, '[]');
    },
  };
}

interface Tabular {
  readonly look: 'slots' | 'compact' | 'total';
  readonly constraint: string | undefined;
}

/** The slots, unless only totals are asked for, and below them how many there are of each group and state. */
function tables(terminal: Terminal, { look, constraint }: Tabular, wide: boolean, now: number): SlotListing {
  const { colour } = terminal;
  const totals = new SlotTotals(look === 'compact' ? 'TotalSlotCpus' : 'Cpus');
  const rows = look === 'total' ? undefined : new SlotTable(look, { wide, colour, now });
  return {
    projection: shownAttributes,
    async add(ads) {
      for (const ad of ads) totals.add(ad);
      if (rows !== undefined && ads.length > 0) print(terminal, rows.add(ads));
      await drained(terminal);
    },
    async end() {
      if (totals.slots === 0)
        print(terminal, constraint === undefined ? 'No pilot is registered.' : 'No slot matches.');
      else print(terminal, `${rows === undefined ? '' : '\n'}${totals.text(colour)}`);
    },
  };
}

/** The ad with these attributes alone: a projection also brings what they read. */
function only(ad: ClassAd, attributes: readonly string[] | undefined): ClassAd {
  if (attributes === undefined) return ad;
  const wanted = new Set(attributes.map(asciiLower));
  const rest = new ClassAd();
  for (const { name, expression } of ad.attributes())
    if (wanted.has(asciiLower(name))) rest.set(name, expression);
  return rest;
}
