import { checkNames } from './check-names.ts';
import { customRequestsOf, customTag } from './custom-requests.ts';
import { submitFault } from './fault.ts';
import { flow } from './flow.ts';
import type { Attributes, Producer } from './given-value.ts';
import { constantAttributes, jobProducers } from './job-ad.ts';
import { placeAt } from './lines.ts';
import { MacroTable } from './macro-table.ts';
import type { QueueStatement } from './queue-statement.ts';
import { carryOut, type SubmitProc } from './queueing.ts';
import type { Platform } from './requirements.ts';
import type { Assignment, Statement } from './statements.ts';
import { parseTemplate } from './template.ts';
import { UserAttributes } from './user-attributes.ts';
import type { Warning } from './warning.ts';

export interface SubmitOptions {
  /** The name of the submit file, for messages and `$(SUBMIT_FILE)`. */
  readonly file: string;
  readonly owner: string;
  /** Where relative names start from; absolute. */
  readonly directory: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** The text of a file of items or of one to include, or undefined when there is none. */
  readFile(path: string): string | undefined;
  /** The names that fit a pattern of `queue … matching`, directories with a slash at their end. */
  listFiles?(pattern: string): readonly string[];
  /** The submitter's variables, for `$ENV()` and `getenv`. */
  readonly environment: Readonly<Record<string, string>>;
  /** At least 0, less than 1. */
  random(): number;
  /** The size of a file in bytes, or undefined when there is none. */
  readonly sizeOf?: (path: string) => number | undefined;
  /** Characters that all procs may differ in together; half a billion when absent. */
  readonly mostCharacters?: number;
  /** What the payload is made for, as slots call it; Linux on x86 when absent. */
  readonly platform?: Platform;
}

/** The jobs of a submit file. ClusterId and ProcId are the pool's to give: see `substituteCluster`. */
export interface SubmitDescription {
  /** What all procs share: attribute → ClassAd expression text (new syntax). */
  readonly cluster: Attributes;
  /** In the order of their ProcId, from 0. */
  readonly procs: readonly SubmitProc[];
  readonly warnings: readonly Warning[];
}

const mostWarnings = 100;

/**
 * The jobs that a submit file in HTCondor's language asks for. The manual of condor_submit is the reference;
 * `submitCommands` lists what is known here. Nothing is read or sent: the caller sends the inputs.
 *
 * `$(Cluster)` stays in the texts as a placeholder until the pool calls `substituteCluster`.
 *
 * @throws GlideinError InvalidSubmitFile at whatever is wrong, Unsupported at what HTCondor knows and this version
 *   does not, TooLarge above a limit; all with file, line and column.
 */
export function parseSubmit(text: string, options: SubmitOptions): SubmitDescription {
  const macros = new MacroTable(options);
  const attributes = new UserAttributes();
  const carriedOut: Statement[] = [];
  const requests: Assignment[] = [];
  // Many queue statements share them: they are made again when there is a new resource to ask for.
  let producers: readonly Producer[] | undefined;
  const warnings: Warning[] = [];
  let first: Attributes | undefined;
  const procs: SubmitProc[] = [];
  for (const statement of flow(text, options.file, { macros, readFile: (path) => options.readFile(path) })) {
    carriedOut.push(statement);
    if (statement.kind === 'assign') {
      assign(statement, macros, attributes);
      if (customTag(statement) !== undefined) {
        requests.push(statement);
        producers = undefined;
      }
      continue;
    }
    producers ??= jobProducers({ ...options, custom: customRequestsOf(requests) });
    const queued = carryOut(statement, macros, {
      firstProc: procs.length,
      producers: attributes.over(producers),
      files: options,
      mostCharacters: options.mostCharacters,
    });
    const differences = first === undefined ? {} : differencesFrom(first, queued.shared);
    for (const proc of queued.procs) {
      procs.push(
        first === undefined ? proc : { ...proc, attributes: { ...differences, ...proc.attributes } },
      );
    }
    first ??= queued.shared;
    warnings.push(...shortItems(statement, queued.shortItems));
  }
  warnings.unshift(...checkNames(carriedOut), ...macros.notes());
  requireJobs(carriedOut, options.file, first !== undefined, procs.length);
  const cluster = { ...constantAttributes(options), ...first };
  return { cluster, procs, warnings: limited(warnings) };
}

function assign(statement: Assignment, macros: MacroTable, attributes: UserAttributes): void {
  if (statement.attribute) attributes.add(statement);
  const name = statement.attribute ? `MY.${statement.name}` : statement.name;
  macros.define(name, parseTemplate(statement.line, statement.offset));
}

/** The first `queue` statement decides what is the cluster's: what procs of a later one must say differently. */
function differencesFrom(first: Attributes, shared: Attributes): Attributes {
  const differences: Attributes = {};
  for (const name of Object.keys(first)) if (shared[name] === undefined) differences[name] = 'undefined';
  for (const [name, value] of Object.entries(shared)) if (first[name] !== value) differences[name] = value;
  return differences;
}

function shortItems(statement: QueueStatement, count: number): Warning[] {
  if (count === 0) return [];
  const names = statement.variables.join(', ').slice(0, 80);
  return [
    {
      place: placeAt(statement.line, 0),
      message: `${count} items have fewer values than there are names (${names}): the rest is empty`,
    },
  ];
}

function requireJobs(statements: readonly Statement[], file: string, queued: boolean, jobs: number): void {
  const last = statements.at(-1)?.line;
  const place = last === undefined ? { file, line: 1, column: 1 } : placeAt(last, 0);
  if (!queued) throw submitFault(place, 'there is no queue statement', 'end the file with: queue');
  if (jobs === 0) throw submitFault(place, 'the file queues no job', 'write queue, or queue 10');
}

function limited(warnings: readonly Warning[]): readonly Warning[] {
  const [next] = warnings.slice(mostWarnings);
  if (next === undefined) return warnings;
  const more = { place: next.place, message: `and ${warnings.length - mostWarnings} more warnings` };
  return [...warnings.slice(0, mostWarnings), more];
}
