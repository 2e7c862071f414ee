import { truncate } from '#base/truncate.ts';
import type { Attributes, Producer } from '../attributes/given-value.ts';
import type { JobInput } from '../attributes/job-inputs.ts';
import { arithmetic } from '../language/arithmetic.ts';
import { submitFault, tooLarge } from '../language/fault.ts';
import { placeAt } from '../language/lines.ts';
import { type LiveRow, valueFor } from '../language/macro-expansion.ts';
import type { MacroTable } from '../language/macro-table.ts';
import { procPlaceholder } from '../language/proc-number.ts';
import type { QueueStatement } from '../language/queue-statement.ts';
import { type Item, type ItemFiles, itemsOf } from './items.ts';
import { Differences } from './proc-differences.ts';
import { ProcMaker, type SubmitProc } from './proc-maker.ts';
import type { SubmitProcs } from './procs.ts';
import { type Series, seriesOf } from './series.ts';

/** The most procs in one submission that are listed, and the most in a series. */
export const mostProcs = 1_000_000;
export const longestSeries = 1_000_000_000;

/** With fewer procs a series would save nothing. */
const shortestSeries = 1000;
/** The most characters of all attributes and inputs that the procs do not share. */
export const mostProcCharacters = 512 * 2 ** 20;
/** How many characters an input and an attribute count besides their texts. */
const inputCharacters = 60;
const attributeCharacters = 30;

/** The result of a `queue` statement: the attributes that its procs share, and each proc's own. */
export interface Queued extends SubmitProcs {
  readonly shared: Attributes;
  /** How many items had fewer values than there are names. */
  readonly shortItems: number;
}

/** How many procs a `queue` statement makes for each item. */
function countOf(statement: QueueStatement, macros: MacroTable): number {
  const text = valueFor(macros.expand(statement.count), []).trim();
  const count = text === '' ? 1 : arithmetic(text);
  if (count === undefined || !Number.isInteger(count) || count < 0) {
    const place = placeAt(statement.line, 'queue '.length);
    throw submitFault(place, `"${truncate(text, 40)}" is not a number of jobs`, 'write queue, or queue 10');
  }
  if (count === 0)
    throw submitFault(placeAt(statement.line, 0), 'the file queues no job', 'write queue, or queue 10');
  return count;
}

function* rowsOf(items: readonly Item[] | undefined, count: number): Generator<LiveRow> {
  let proc = 0;
  for (const { text, values, index } of items ?? [{ text: '', values: [], index: 0 }]) {
    for (let step = 0; step < count; step += 1) {
      yield [String(proc), String(step), String(index), text, ...values];
      proc += 1;
    }
  }
}

/** Limits what the procs do not share, so that a small file cannot fill the memory. */
function limitCharacters(
  statement: QueueStatement,
  most: number,
): (attributes: Attributes, inputs: readonly JobInput[]) => void {
  let characters = 0;
  return (attributes, inputs) => {
    for (const name in attributes) characters += (attributes[name]?.length ?? 0) + attributeCharacters;
    for (const { path } of inputs) characters += path.length + inputCharacters;
    if (characters > most) {
      const message = `what the jobs do not share has more than ${most} characters`;
      throw tooLarge(
        placeAt(statement.line, 0),
        message,
        'submit them in parts, or put long values into files',
      );
    }
  };
}

interface CarryOutOptions {
  readonly producers: readonly Producer[];
  readonly files: ItemFiles;
  readonly mostCharacters: number | undefined;
  /** The fewest procs that become a series. */
  readonly shortestSeries: number | undefined;
}

/**
 * Carries out a `queue` statement with the current macros.
 * @throws GlideinError for whatever is wrong in a value; TooLarge above {@link mostProcs}
 */
export function carryOut(
  statement: QueueStatement,
  macros: MacroTable,
  { producers, files, ...options }: CarryOutOptions,
): Queued {
  macros.leave();
  const count = countOf(statement, macros);
  const items = itemsOf(statement, macros, files);
  macros.enter(statement.variables);
  const limit = limitCharacters(statement, options.mostCharacters ?? mostProcCharacters);
  if (items === undefined) {
    requireCount(statement, count, longestSeries);
    const maker = new ProcMaker(statement, macros, producers);
    const isLong = count >= Math.max(2, options.shortestSeries ?? shortestSeries);
    const series = isLong ? seriesOf(maker, count) : undefined;
    if (series !== undefined) return { ...asOne(maker, series, limit), shortItems: 0 };
  }
  requireCount(statement, count * (items?.length ?? 1), mostProcs);
  const maker = new ProcMaker(statement, macros, producers);
  const shortItems = items?.filter(({ short }) => short).length ?? 0;
  return { ...listed(maker, rowsOf(items, count), limit), shortItems };
}

function requireCount(statement: QueueStatement, count: number, most: number): void {
  if (count <= most) return;
  throw tooLarge(
    placeAt(statement.line, 0),
    `a submission cannot have more than ${most} jobs${most === mostProcs ? ', unless they differ only by $(Process)' : ''}`,
    'submit them in several parts',
  );
}

/** The procs one by one. */
function listed(
  maker: ProcMaker,
  rows: Iterable<LiveRow>,
  limit: ReturnType<typeof limitCharacters>,
): Omit<Queued, 'shortItems'> {
  const differences = new Differences();
  const inputs: (readonly JobInput[])[] = [];
  for (const row of rows) {
    const made = maker.make(row);
    limit(differences.add(made.attributes), maker.sharesInputs ? [] : made.inputs);
    inputs.push(made.inputs);
  }
  const { same, each } = differences.split();
  const procs = each.map((attributes, proc): SubmitProc => ({ attributes, inputs: inputs[proc] ?? [] }));
  return { shared: { ...maker.shared, ...same }, procs };
}

/** The procs of a series. What has no number in it, they share. */
function asOne(
  maker: ProcMaker,
  { count, proc: { attributes, inputs } }: Series,
  limit: ReturnType<typeof limitCharacters>,
): Omit<Queued, 'shortItems'> {
  limit(attributes, inputs);
  const shared = { ...maker.shared };
  const own: Attributes = {};
  for (const [name, text] of Object.entries(attributes))
    (text.includes(procPlaceholder) ? own : shared)[name] = text;
  return { shared, procs: [{ attributes: own, inputs }], series: count };
}
