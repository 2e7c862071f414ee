import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { customRequestsOf, customTag } from './attributes/custom-requests.ts';
import type { Attributes } from './attributes/given-value.ts';
import { constantAttributes, jobProducers } from './attributes/job-ad.ts';
import { UserAttributes } from './attributes/user-attributes.ts';
import { checkNames } from './check-names.ts';
import { type CommandLine, flowWith } from './command-line.ts';
import type { Warning } from './language/fault.ts';
import { submitFault } from './language/fault.ts';
import { placeAt } from './language/lines.ts';
import { MacroTable } from './language/macro-table.ts';
import { parseTemplate } from './language/macro-template.ts';
import type { Platform } from './language/macro-world.ts';
import type { QueueStatement } from './language/queue-statement.ts';
import type { Assignment, Statement } from './language/statements.ts';
import { carryOut, type Queued } from './queue/carry-out-queue.ts';
import type { SubmitProcs } from './queue/procs.ts';

export interface SubmitOptions {
  /** The name of the submit file, for messages and `$(SUBMIT_FILE)`. */
  readonly file: string;
  readonly owner: string;
  /** Additions by the command line. */
  readonly commandLine?: CommandLine;
  /** The absolute path that relative names start from. */
  readonly directory: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** The text of a file of items, or of a file to include; undefined if it cannot be read. */
  readFile(path: string): string | undefined;
  /** The names that match a pattern of `queue … matching`; directories end with a slash. */
  listFiles?(pattern: string): readonly string[];
  /** The submitter's variables, for `$ENV()` and `getenv`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The submitter's uid, for `use_x509userproxy`. */
  readonly userId?: number;
  /** At least 0, less than 1. */
  random(): number;
  /** The size of a file in bytes; undefined if there is no such file. */
  readonly sizeOf?: (path: string) => number | undefined;
  /** The most characters of all attributes that are not shared by all procs; half a billion if absent. */
  readonly mostCharacters?: number;
  /** The fewest procs that are described as a series; a thousand if absent. */
  readonly shortestSeries?: number;
  /** IANA name of the submitter's time zone, for `$(Day)` and its like; the machine's own when absent. */
  readonly timeZone?: string;
  /** The platform that the payload is built for, in the words of slot ads; Linux on x86 if absent. */
  readonly platform?: Platform;
}

/** The jobs of a submit file. The pool assigns ClusterId and ProcId: see `substituteCluster`. */
export interface SubmitDescription extends SubmitProcs {
  /** The attributes that all procs share: name → ClassAd expression text in the new syntax. */
  readonly cluster: Attributes;
  readonly warnings: readonly Warning[];
}

const mostWarnings = 100;

/**
 * The jobs that a submit file in HTCondor's language asks for. The manual of condor_submit is the reference;
 * `submitCommands` lists the commands that are known here. No input is read or sent: that is left to the caller.
 *
 * `$(Cluster)` stays in the texts as a placeholder until the pool calls `substituteCluster`.
 *
 * @throws GlideinError InvalidSubmitFile for errors, Unsupported for what HTCondor supports and this version does not,
 *   TooLarge above a limit; all with file, line and column.
 */
export function parseSubmit(text: string, options: SubmitOptions): SubmitDescription {
  const platform = options.platform ?? { arch: 'X86_64', opsys: 'LINUX' };
  const macros = new MacroTable({ ...options, platform });
  const attributes = new UserAttributes();
  const carriedOut: Statement[] = [];
  const requests: Assignment[] = [];
  const warnings: Warning[] = [];
  let queued: Queued | undefined;
  const sources = { macros, readFile: (path: string) => options.readFile(path) };
  const commandLine = options.commandLine ?? { macros: [], append: [] };
  for (const statement of flowWith(commandLine, text, options.file, sources)) {
    if (queued !== undefined) {
      throw submitFault(
        placeAt(statement.line, 0),
        'queue must be the last statement',
        'queue all jobs at once, such as: queue NAME in (a b c); or write several submit files',
      );
    }
    carriedOut.push(statement);
    if (statement.kind === 'assign') {
      assign(statement, macros, attributes);
      if (customTag(statement) !== undefined) requests.push(statement);
      continue;
    }
    const producers = jobProducers({ ...options, platform, custom: customRequestsOf(requests) });
    queued = carryOut(statement, macros, {
      producers: attributes.over(producers),
      files: options,
      mostCharacters: options.mostCharacters,
      shortestSeries: options.shortestSeries,
    });
    warnings.push(...shortItems(statement, queued.shortItems), ...noJobs(statement, queued));
  }
  warnings.unshift(...checkNames(carriedOut), ...macros.notes().map((note) => ({ ...note, isUnused: true })));
  if (queued === undefined) throw new GlideinError('Internal', 'no queue statement was carried out');
  const cluster = { ...constantAttributes(options), ...queued.shared };
  const { procs, series } = queued;
  return { cluster, procs, ...(series !== undefined && { series }), warnings: limited(warnings) };
}

function assign(statement: Assignment, macros: MacroTable, attributes: UserAttributes): void {
  if (statement.attribute) attributes.add(statement);
  const name = statement.attribute ? `MY.${statement.name}` : statement.name;
  macros.define(name, parseTemplate(statement.line, statement.offset));
}

function noJobs({ line }: QueueStatement, { procs }: Queued): Warning[] {
  if (procs.length > 0) return [];
  return [{ place: placeAt(line, 0), message: 'there are no items, so no job is queued' }];
}

function shortItems(statement: QueueStatement, count: number): Warning[] {
  if (count === 0) return [];
  const names = truncate(statement.variables.join(', '), 80);
  return [
    {
      place: placeAt(statement.line, 0),
      message: `${count} items have fewer values than there are names (${names}): the other values are empty`,
    },
  ];
}

function limited(warnings: readonly Warning[]): readonly Warning[] {
  const [next] = warnings.slice(mostWarnings);
  if (next === undefined) return warnings;
  const more = { place: next.place, message: `and ${warnings.length - mostWarnings} more warnings` };
  return [...warnings.slice(0, mostWarnings), more];
}
