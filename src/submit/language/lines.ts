import type { Place } from '#base/error.ts';
import { submitFault, tooLarge } from './fault.ts';

/** Where a part of a logical line's text is in the file. */
interface Piece {
  /** The offset in the logical line's text at which the part begins. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  /** The line as it is in the file; absent if it is very long. */
  readonly raw?: string;
}

/** The most characters of a line that is kept for messages. */
const longestRaw = 2_000;

/** One line after continuations were joined, without blanks around it. */
export interface LogicalLine {
  readonly file: string;
  readonly text: string;
  readonly pieces: readonly Piece[];
}

/** The most characters of a submit file, or of a file of items. */
export const mostCharacters = 64 * 2 ** 20;

/** The place in the file of the character at `offset` of a logical line. */
export function placeAt(line: LogicalLine, offset: number): Place {
  let found = line.pieces[0];
  for (const piece of line.pieces) {
    if (piece.offset > offset) break;
    found = piece;
  }
  if (found === undefined) return { file: line.file };
  return {
    file: line.file,
    line: found.line,
    column: found.column + offset - found.offset,
    ...(found.raw !== undefined && { text: found.raw }),
  };
}

/** Physical lines without the blanks at both ends, and where the rest begins. */
function* physicalLines(
  text: string,
): Generator<{ body: string; line: number; column: number; raw: string }> {
  let line = 1;
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  while (start <= text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const raw = text.slice(start, end);
    const body = raw.trimStart();
    yield { body: body.trimEnd(), line, column: raw.length - body.length + 1, raw };
    start = end + 1;
    line += 1;
  }
}

/** A submit file is text: other control characters suggest that it is the wrong file, and no ad should contain them. */
function isRefused(code: number): boolean {
  return (code < 32 && code !== 9 && code !== 13) || code === 127;
}

function refuseControl(line: LogicalLine): void {
  for (let at = 0; at < line.text.length; at += 1) {
    const code = line.text.charCodeAt(at);
    if (!isRefused(code)) continue;
    const shown = code.toString(16).padStart(4, '0').toUpperCase();
    const cure = 'name a text file: this does not look like one';
    throw submitFault(placeAt(line, at), `control character U+${shown}`, cure);
  }
}

/**
 * The logical lines of a submit file, without comments and blank lines. A line that ends in `\` is joined with the next one,
 * whose leading blanks are removed; a comment between them is skipped, as in HTCondor.
 * @throws GlideinError InvalidSubmitFile at a control character, TooLarge above {@link mostCharacters}
 */
export function readLines(text: string, file: string): LogicalLine[] {
  if (text.length > mostCharacters) {
    throw tooLarge(
      { file },
      `more than ${mostCharacters} characters`,
      'split the items over several submissions',
    );
  }
  const lines: LogicalLine[] = [];
  let joined = '';
  let pieces: Piece[] = [];
  const finish = () => {
    const line = { file, text: joined.trimEnd(), pieces };
    joined = '';
    pieces = [];
    if (line.text === '') return;
    refuseControl(line);
    lines.push(line);
  };
  for (const { body, line, column, raw } of physicalLines(text)) {
    if (body.startsWith('#')) continue;
    const continues = body.endsWith('\\');
    pieces.push({
      offset: joined.length,
      line,
      column,
      ...(raw.length <= longestRaw && { raw: raw.trimEnd() }),
    });
    joined += continues ? body.slice(0, -1) : body;
    if (!continues) finish();
  }
  finish();
  return lines;
}
