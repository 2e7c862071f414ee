import { submitFault, tooLarge, unsupported } from './fault.ts';
import { type LogicalLine, placeAt, readLines } from './lines.ts';
import { isQueue, type QueueStatement, readQueue } from './queue-statement.ts';

/** `name = value`, `+Name = value` or `MY.Name = value`. */
export interface Assignment {
  readonly kind: 'assign';
  /** The name as written, without `+` or `MY.`. */
  readonly name: string;
  /** Whether it names an attribute of the job ad directly. */
  readonly attribute: boolean;
  readonly line: LogicalLine;
  /** Where the name and the value begin in the line's text. */
  readonly nameOffset: number;
  readonly offset: number;
}

export type Statement = Assignment | ({ readonly kind: 'queue' } & QueueStatement);

/** Assignments in one submit file. */
const mostAssignments = 2_000;

const assignment = /^(\+|MY\.)?\s*([A-Za-z_][\w.]*)\s*=/i;
const flow = /^(if|elif|else|endif|include|use)(?=[\s:(]|$)/i;

/**
 * The statements of a submit file in their order.
 * @throws GlideinError InvalidSubmitFile at a line that is no statement; Unsupported at `if` and `include`.
 */
export function readStatements(text: string, file: string): Statement[] {
  const lines = readLines(text, file);
  const statements: Statement[] = [];
  let assignments = 0;
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] as LogicalLine;
    if (isQueue(line.text)) {
      const { statement, next } = readQueue(lines, index);
      statements.push({ kind: 'queue', ...statement });
      index = next;
      continue;
    }
    assignments += 1;
    if (assignments > mostAssignments) {
      throw tooLarge(
        placeAt(line, 0),
        `more than ${mostAssignments} assignments`,
        'use: queue NAME from FILE',
      );
    }
    statements.push(readAssignment(line));
    index += 1;
  }
  return statements;
}

function readAssignment(line: LogicalLine): Assignment {
  const found = assignment.exec(line.text);
  if (found === null) throw notAStatement(line);
  const [whole, prefix, name = ''] = found;
  const value = line.text.slice(whole.length);
  return {
    kind: 'assign',
    name,
    attribute: prefix !== undefined,
    line,
    nameOffset: whole.indexOf(name, prefix?.length ?? 0),
    offset: whole.length + value.length - value.trimStart().length,
  };
}

function notAStatement(line: LogicalLine) {
  const place = placeAt(line, 0);
  const word = flow.exec(line.text)?.[1]?.toLowerCase();
  if (word !== undefined) {
    const cure = 'write the file without it, or make it with a script and submit from standard input';
    return unsupported(place, `"${word}" is not supported in a submit file`, cure);
  }
  if (/^[\w.]+\s*@=/.test(line.text)) {
    return unsupported(
      place,
      'values over several lines with "@=" are not supported',
      'end each line with "\\"',
    );
  }
  return submitFault(
    place,
    'this is neither NAME = VALUE nor a queue statement',
    'write NAME = VALUE, or queue',
  );
}
