import { GlideinError } from '#base/error.ts';

/** A longer line is not kept with the error: nobody would read it, and messages stay small. */
const longestText = 2_000;

/** An expression that does not parse: what was expected where (an offset into `text`), and what to write. */
export function syntaxError(text: string, offset: number, message: string, cure?: string): GlideinError {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  return new GlideinError('InvalidExpression', message, {
    place: {
      ...(text.includes('\n') && { line: before.split('\n').length }),
      column: offset - lineStart + 1,
      ...(line.length <= longestText && { text: line }),
    },
    ...(cure === undefined ? {} : { cure }),
  });
}
