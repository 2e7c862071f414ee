import { nearest } from '#base/nearest.ts';
import { findCommand } from '../attributes/commands.ts';
import { containerCommands, imageOf } from '../attributes/container.ts';
import { type Attributes, GivenValue, type Producer, type Read } from '../attributes/given-value.ts';
import { inputCommands, inputsOf, type JobInput } from '../attributes/job-inputs.ts';
import { submitFault } from '../language/fault.ts';
import { placeAt } from '../language/lines.ts';
import { type Expansion, type LiveRow, onlyInserts, varies } from '../language/macro-expansion.ts';
import type { MacroTable } from '../language/macro-table.ts';
import type { QueueStatement } from '../language/queue-statement.ts';

/** One job of the cluster: its attributes besides the cluster's, and its input files. */
export interface SubmitProc {
  readonly attributes: Attributes;
  readonly inputs: readonly JobInput[];
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

  /** Whether the commands differ from proc to proc only by numbers that are inserted as they are. */
  onlyInsert(commands: readonly string[]): boolean {
    return commands.every((command) => this.#find(command).every(({ expansion }) => onlyInserts(expansion)));
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

const executableCommands = ['executable', ...containerCommands];

/** Makes the procs of a `queue` statement. Whatever is the same for all of them is made once. */
export class ProcMaker {
  /** The attributes of producers that read nothing that changes. */
  readonly shared: Attributes = {};
  readonly #statement: QueueStatement;
  readonly #macros: MacroTable;
  readonly #commands: Commands;
  readonly #own: readonly Producer[];
  readonly #executableVaries: boolean;
  readonly #sharedInputs: readonly JobInput[] | undefined;

  /** @throws GlideinError for whatever is wrong in a value that does not change */
  constructor(statement: QueueStatement, macros: MacroTable, producers: readonly Producer[]) {
    const commands = new Commands(macros, statement);
    this.#statement = statement;
    this.#macros = macros;
    this.#commands = commands;
    this.#own = producers.filter(({ reads }) => commands.vary(reads));
    const constant = commands.reader([]);
    for (const producer of producers)
      if (!this.#own.includes(producer)) Object.assign(this.shared, producer.make(constant));
    this.#executableVaries = commands.vary(executableCommands);
    if (!this.#executableVaries) this.#requireExecutable(constant);
    this.#sharedInputs = commands.vary(inputCommands) ? undefined : inputsOf(constant, macros.world);
  }

  /** Whether procs differ only by numbers that are inserted as they are into the values of commands. */
  get onlyInserts(): boolean {
    const reads = this.#own.flatMap((producer) => producer.reads);
    return this.#commands.onlyInsert([...reads, ...inputCommands, ...executableCommands]);
  }

  /** Whether every proc has the same inputs. */
  get sharesInputs(): boolean {
    return this.#sharedInputs !== undefined;
  }

  /** The attributes of one proc besides the {@link shared} ones, and its inputs. */
  make(row: LiveRow): SubmitProc {
    const read = this.#commands.reader(row);
    if (this.#executableVaries) this.#requireExecutable(read);
    const attributes: Attributes = {};
    for (const producer of this.#own) Object.assign(attributes, producer.make(read));
    return { attributes, inputs: this.#sharedInputs ?? inputsOf(read, this.#macros.world) };
  }

  #requireExecutable(read: Read): void {
    if (read('executable') !== undefined || imageOf(read) !== undefined) return;
    const names = this.#macros.names();
    const place = placeAt(this.#statement.line, 0);
    // The command was written, but with an empty value.
    if ([...names].some((name) => name.toLowerCase() === 'executable'))
      throw submitFault(place, 'the executable is empty', 'write: executable = PROGRAM');
    const near = nearest('executable', names);
    throw submitFault(
      place,
      'no executable is given',
      near === undefined ? 'add: executable = PROGRAM' : `there is "${near}"; did you mean "executable"?`,
    );
  }
}
