import { truncate } from '#base/truncate.ts';
import { submitFault } from './language/fault.ts';
import { flow } from './language/if-and-include.ts';
import { type LogicalLine, placeAt, readLines } from './language/lines.ts';
import type { MacroTable } from './language/macro-table.ts';
import { readQueue } from './language/queue-statement.ts';
import type { Assignment, Statement } from './language/statements.ts';

/** What a command line adds to a submit file. */
export interface CommandLine {
  /** `NAME=VALUE`: read before the file, so that the file can use and change them. */
  readonly macros: readonly string[];
  /** Lines that are inserted just before `queue`, so that they win over the file. */
  readonly append: readonly string[];
  /** A `queue` statement for a file that has none. */
  readonly queue?: string;
}

interface Sources {
  readonly macros: MacroTable;
  readFile(path: string): string | undefined;
}

/**
 * The statements of a submit file in order, with those of the command line where condor_submit inserts them. If neither has
 * a `queue` statement, one job is queued, as HTCondor 25 does.
 * @throws GlideinError InvalidSubmitFile when both have a `queue` statement; whatever `flow` throws
 */
export function* flowWith(
  commandLine: CommandLine,
  text: string,
  file: string,
  sources: Sources,
): Generator<Statement> {
  for (const word of commandLine.macros) yield readMacro(word);
  let hasQueue = false;
  for (const statement of flow(text, file, sources)) {
    if (statement.kind === 'queue' && !hasQueue) {
      if (commandLine.queue !== undefined) throw conflict(statement);
      hasQueue = true;
      yield* appended(commandLine, sources);
    }
    yield statement;
  }
  if (hasQueue) return;
  yield* appended(commandLine, sources);
  if (commandLine.queue === undefined)
    yield { kind: 'queue', ...readQueue([lineAfter(text, file)], 0).statement };
  else yield* queued(commandLine.queue);
}

/** A `queue` statement that nobody wrote, placed after the last line. */
function lineAfter(text: string, file: string): LogicalLine {
  const line = text === '' ? 1 : text.replace(/\n$/, '').split('\n').length + 1;
  return { file, text: 'queue', pieces: [{ offset: 0, line, column: 1 }] };
}

function conflict({ line }: Statement) {
  return submitFault(
    placeAt(line, 0),
    'both this file and the command line have a queue statement',
    'leave out -queue, or remove queue from the file',
  );
}

function* appended({ append }: CommandLine, sources: Sources): Generator<Statement> {
  for (const text of append) yield* flow(text, '-append', sources);
}

function* queued(text: string): Generator<Statement> {
  const lines = readLines(text, '-queue');
  const { statement, next } = readQueue(lines, 0);
  const more = lines[next];
  if (more !== undefined)
    throw submitFault(placeAt(more, 0), 'nothing may follow the items of -queue', 'use a file');
  yield { kind: 'queue', ...statement };
}

/** Takes the value as it is, even with line ends in it. @throws GlideinError InvalidSubmitFile for an invalid name */
function readMacro(word: string): Assignment {
  const equals = word.indexOf('=');
  const written = word.slice(0, equals).trim();
  const value = word.slice(equals + 1).trim();
  const text = `${written}=${value}`;
  const line = { file: 'NAME=VALUE', text, pieces: [{ offset: 0, line: 1, column: 1, raw: text }] };
  if (!/^\w[\w.]*$/.test(written)) {
    const cure = written.startsWith('+')
      ? `write MY.${word.slice(1)}`
      : 'write NAME=VALUE without blanks in NAME';
    throw submitFault(placeAt(line, 0), `"${truncate(written, 40)}" is not the name of a macro`, cure);
  }
  const prefix = /^MY\./i.exec(written)?.[0] ?? '';
  return {
    kind: 'assign',
    name: written.slice(prefix.length),
    attribute: prefix !== '',
    line,
    nameOffset: prefix.length,
    offset: written.length + 1,
  };
}
