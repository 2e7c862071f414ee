import { GlideinError } from '#base/error.ts';

/** An expression that does not parse: what was expected where (an offset into `text`), and what to write. */
export function syntaxError(text: string, offset: number, message: string, cure?: string): GlideinError {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = offset - lineStart + 1;
  const line = text.includes('\n') ? { line: before.split('\n').length } : {};
  return new GlideinError('InvalidExpression', message, {
    place: { ...line, column },
    ...(cure === undefined ? {} : { cure }),
  });
}
