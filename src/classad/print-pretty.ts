import type { Expression, RecordEntry } from './ast.ts';
import { ExpressionPrinter } from './expression-printer.ts';

const recordIndent = 4;
const listIndent = 3;

/** An expression as `unparse` of the original gives it: lists and ads spread over lines. */
export function printPretty(expression: Expression): string {
  return new PrettyPrinter(0).print(expression);
}

class PrettyPrinter extends ExpressionPrinter {
  readonly #indent: number;

  constructor(indent: number) {
    super('new');
    this.#indent = indent;
  }

  override list(items: readonly Expression[]): string {
    const inner = new PrettyPrinter(this.#indent + 2 * listIndent);
    return this.#block(
      '{',
      items.map((item) => inner.print(item)),
      ',',
      '}',
      listIndent,
    );
  }

  override record(entries: readonly RecordEntry[]): string {
    const inner = new PrettyPrinter(this.#indent + 2 * recordIndent);
    return this.#block('[', inner.entries(entries), '; ', ']', recordIndent);
  }

  /** The brackets stand on lines of their own, one step in, and what is between them two steps. */
  #block(open: string, items: readonly string[], separator: string, close: string, step: number): string {
    const line = (steps: number): string => `\n${' '.repeat(this.#indent + steps * step)}`;
    const body = items.map((item) => line(2) + item).join(separator);
    return `${line(1)}${open}${body}${line(1)}${close}`;
  }
}
