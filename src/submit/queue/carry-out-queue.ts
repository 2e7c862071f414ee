import { nearest } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { findCommand } from '../attributes/commands.ts';
import { containerCommands, imageOf } from '../attributes/container.ts';
import { type Attributes, GivenValue, type Producer, type Read } from '../attributes/given-value.ts';
import { inputCommands, inputsOf, type JobInput } from '../attributes/job-inputs.ts';
import { arithmetic } from '../language/arithmetic.ts';
import { submitFault, tooLarge } from '../language/fault.ts';
import { placeAt } from '../language/lines.ts';
import { type Expansion, type LiveRow, valueFor, varies } from '../language/macro-expansion.ts';
import type { MacroTable } from '../language/macro-table.ts';
import type { QueueStatement } from '../language/queue-statement.ts';
import { type Item, type ItemFiles, itemsOf } from './items.ts';
import { Differences } from './proc-differences.ts';

/** One job of the cluster: its attributes besides the cluster's, and its input files. */
export interface SubmitProc {
  readonly attributes: Attributes;
  readonly inputs: readonly JobInput[];
}

/** The most procs in one submission. */
export const mostProcs = 1_000_000;
/** The most characters of all attributes and inputs that the procs do not share. */
export const mostProcCharacters = 512 * 2 ** 20;
/** How many characters an input and an attribute count besides their texts. */
const inputCharacters = 60;
const attributeCharacters = 30;

/** The result of a `queue` statement: the attributes that its procs share, and each proc's own. */
export interface Queued {
  readonly shared: Attributes;
  readonly procs: readonly SubmitProc[];
  /** How many items had fewer values than there are names. */
  readonly shortItems: number;
}

interface Given {
  readonly name: string;
  readonly expansion: Expansion;
}

/** The names of a command in order of precedence, as in HTCondor. */
function namesOf(command: string): readonly string[] {
  const known = findCommand(command);
  if (known === undefined) return [command];
  const { name, aliases = [], aliasesWin } = known;
  return aliasesWin ? [...aliases, name] : [name, ...aliases];
}

/** The values of all commands at a `queue` statement. Each is expanded once; procs only fill in what changes. */
class Commands {
  readonly #macros: MacroTable;
  readonly #statement: QueueStatement;
  readonly #known = new Map<string, readonly Given[]>();

  constructor(macros: MacroTable, statement: QueueStatement) {
    this.#macros = macros;
    this.#statement = statement;
  }

  /** The values under all names of a command; the first that is not empty counts. */
  #find(command: string): readonly Given[] {
    const before = this.#known.get(command);
    if (before !== undefined) return before;
    const origin = { line: this.#statement.line, offset: 0 };
    const found = namesOf(command).flatMap((name) => this.#macros.lookUp(name, origin) ?? []);
    this.#known.set(command, found);
    return found;
  }

  /** Whether any of the commands may differ from proc to proc. */
  vary(commands: readonly string[]): boolean {
    return commands.some((command) => this.#find(command).some(({ expansion }) => varies(expansion)));
  }

  reader(row: LiveRow): Read {
    return (command) => {
      for (const { name, expansion } of this.#find(command)) {
        const value = new GivenValue(name, expansion, row);
        if (value.text !== '' || (command === 'arguments' && value.isBlank)) return value;
      }
      return undefined;
    };
  }
}

/** How many procs a `queue` statement makes for each item. */
function countOf(statement: QueueStatement, macros: MacroTable): number {
  const text = valueFor(macros.expand(statement.count), []).trim();
  const count = text === '' ? 1 : arithmetic(text);
  if (count === undefined || !Number.isInteger(count) || count < 0) {
    const place = placeAt(statement.line, 'queue '.length);
    throw submitFault(place, `"${truncate(text, 40)}" is not a number of jobs`, 'write queue, or queue 10');
  }
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

function requireExecutable(read: Read, statement: QueueStatement, macros: MacroTable): void {
  if (read('executable') !== undefined || imageOf(read) !== undefined) return;
  const names = macros.names();
  // The command was written, but with an empty value.
  if ([...names].some((name) => name.toLowerCase() === 'executable'))
    throw submitFault(placeAt(statement.line, 0), 'the executable is empty', 'write: executable = PROGRAM');
  const near = nearest('executable', names);
  throw submitFault(
    placeAt(statement.line, 0),
    'no executable is given',
    near === undefined ? 'add: executable = PROGRAM' : `there is "${near}"; did you mean "executable"?`,
  );
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

/**
 * Carries out a `queue` statement with the current macros.
 * @throws GlideinError for whatever is wrong in a value; TooLarge above {@link mostProcs}
 */
export function carryOut(
  statement: QueueStatement,
  macros: MacroTable,
  options: {
    readonly producers: readonly Producer[];
    readonly files: ItemFiles;
    readonly mostCharacters: number | undefined;
  },
): Queued {
  macros.leave();
  const count = countOf(statement, macros);
  if (count === 0)
    throw submitFault(placeAt(statement.line, 0), 'the file queues no job', 'write queue, or queue 10');
  const items = itemsOf(statement, macros, options.files);
  const total = count * (items?.length ?? 1);
  if (total > mostProcs) {
    const place = placeAt(statement.line, 0);
    throw tooLarge(
      place,
      `a submission cannot have more than ${mostProcs} jobs`,
      'submit them in several parts',
    );
  }
  macros.enter(statement.variables);
  const { shared, procs } = expandProcs(
    statement,
    macros,
    options.producers,
    rowsOf(items, count),
    limitCharacters(statement, options.mostCharacters ?? mostProcCharacters),
  );
  return { shared, procs, shortItems: items?.filter(({ short }) => short).length ?? 0 };
}

function expandProcs(
  statement: QueueStatement,
  macros: MacroTable,
  producers: readonly Producer[],
  rows: Iterable<LiveRow>,
  limit: ReturnType<typeof limitCharacters>,
): { shared: Attributes; procs: SubmitProc[] } {
  const commands = new Commands(macros, statement);
  const own = producers.filter(({ reads }) => commands.vary(reads));
  const constant = commands.reader([]);
  const shared: Attributes = {};
  for (const producer of producers)
    if (!own.includes(producer)) Object.assign(shared, producer.make(constant));
  const executableVaries = commands.vary(['executable', ...containerCommands]);
  if (!executableVaries) requireExecutable(constant, statement, macros);
  const sharedInputs = commands.vary(inputCommands) ? undefined : inputsOf(constant, macros.world);
  const differences = new Differences();
  const inputs: (readonly JobInput[])[] = [];
  for (const row of rows) {
    const read = commands.reader(row);
    if (executableVaries) requireExecutable(read, statement, macros);
    const attributes: Attributes = {};
    for (const producer of own) Object.assign(attributes, producer.make(read));
    const ownInputs = sharedInputs === undefined ? inputsOf(read, macros.world) : [];
    limit(differences.add(attributes), ownInputs);
    inputs.push(sharedInputs ?? ownInputs);
  }
  const { same, each } = differences.split();
  const procs = each.map((attributes, proc): SubmitProc => ({ attributes, inputs: inputs[proc] ?? [] }));
  return { shared: { ...shared, ...same }, procs };
}
