import { submitFault, tooLarge, unsupported } from './fault.ts';
import { type LogicalLine, placeAt } from './lines.ts';
import { isQueue, type QueueStatement, readQueue } from './queue-statement.ts';

/** `name = value`, `+Name = value` or `MY.Name = value`. */
export interface Assignment {
  readonly kind: 'assign';
  /** The name as written, without `+` or `MY.`. */
  readonly name: string;
  /** Whether it sets an attribute of the job ad directly. */
  readonly attribute: boolean;
  readonly line: LogicalLine;
  /** The offsets of the name and the value in the line's text. */
  readonly nameOffset: number;
  readonly offset: number;
}

export type Statement = Assignment | ({ readonly kind: 'queue' } & QueueStatement);

export interface ConditionStep {
  readonly kind: 'condition';
  readonly keyword: 'if' | 'elif' | 'else' | 'endif';
  readonly line: LogicalLine;
  /** Where the condition begins. */
  readonly offset: number;
}

export interface IncludeStep {
  readonly kind: 'include';
  readonly line: LogicalLine;
  readonly offset: number;
  readonly optional: boolean;
}

/** The most assignments in one submit file. */
const mostAssignments = 2_000;

const assignment = /^(\+|MY\.)?\s*([A-Za-z_][\w.]*)\s*=/i;
const several = /^([A-Za-z_][\w.]*)\s*@=\s*(\S+)\s*$/;
const condition = /^(if|elif|else|endif)(?=\s|$)\s*/i;
const include = /^@?include(\s+\w+)?\s*:\s*/i;

/** Reads the statements of logical lines one after the other. */
export class StatementReader {
  readonly #lines: readonly LogicalLine[];
  #at = 0;
  #assignments = 0;

  constructor(lines: readonly LogicalLine[]) {
    this.#lines = lines;
  }

  /**
   * The next statement; undefined at the end. Unless `isActive`, lines that do not belong to a condition are skipped.
   * @throws GlideinError InvalidSubmitFile at a line that is not a statement
   */
  next(isActive: boolean): Statement | ConditionStep | IncludeStep | undefined {
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined) return undefined;
      const found = condition.exec(line.text);
      const keyword = found?.[1]?.toLowerCase() as ConditionStep['keyword'] | undefined;
      if (found !== null && keyword !== undefined) {
        this.#at += 1;
        return { kind: 'condition', keyword, line, offset: found[0].length };
      }
      if (isActive) return this.#read(line);
      this.#at += 1;
    }
  }

  #read(line: LogicalLine): Statement | IncludeStep {
    if (isQueue(line.text)) {
      const { statement, next } = readQueue(this.#lines, this.#at);
      this.#at = next;
      return { kind: 'queue', ...statement };
    }
    this.#at += 1;
    const inclusion = include.exec(line.text);
    if (inclusion !== null) return readInclude(line, inclusion);
    this.#assignments += 1;
    if (this.#assignments > mostAssignments) {
      throw tooLarge(
        placeAt(line, 0),
        `more than ${mostAssignments} assignments`,
        'use: queue NAME from FILE',
      );
    }
    return this.#readSeveral(line) ?? readAssignment(line);
  }

  /** `NAME @=TAG`: the lines up to `@TAG`, joined into one, are the value. */
  #readSeveral(line: LogicalLine): Assignment | undefined {
    const found = several.exec(line.text);
    if (found === null) return undefined;
    const [, name = '', tag = ''] = found;
    const begin = this.#at;
    const end = this.#lines.findIndex((each, index) => index >= begin && each.text === `@${tag}`);
    if (end < 0) {
      throw submitFault(
        placeAt(line, 0),
        `this value is not closed`,
        `write @${tag} on a line of its own after it`,
      );
    }
    this.#at = end + 1;
    const joined = joinLines(this.#lines.slice(begin, end), line);
    return { kind: 'assign', name, attribute: false, line: joined, nameOffset: 0, offset: 0 };
  }
}

function joinLines(lines: readonly LogicalLine[], first: LogicalLine): LogicalLine {
  let text = '';
  const pieces = lines.flatMap((line) => {
    const start = text === '' ? 0 : text.length + 1;
    text += `${text === '' ? '' : ' '}${line.text}`;
    return line.pieces.map((piece) => ({ ...piece, offset: piece.offset + start }));
  });
  return { file: first.file, text, pieces: pieces.length > 0 ? pieces : first.pieces };
}

function readInclude(line: LogicalLine, [whole, option]: RegExpExecArray): IncludeStep {
  const word = option?.trim().toLowerCase();
  if (word !== undefined && word !== 'ifexist') {
    throw unsupported(
      placeAt(line, 0),
      `"include ${word}" runs a command; this is not supported`,
      'write what it prints to a file and include that',
    );
  }
  return { kind: 'include', line, offset: whole.length, optional: word === 'ifexist' };
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
  if (/^use(?=[\s:])/i.test(line.text)) {
    return unsupported(
      place,
      '"use" is not supported in a submit file',
      'write out the statements that it stands for',
    );
  }
  return submitFault(
    place,
    'this is neither NAME = VALUE nor a queue statement',
    'write NAME = VALUE, queue, if, or include : FILE',
  );
}
