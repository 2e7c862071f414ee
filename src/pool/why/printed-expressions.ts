import type { Expression } from '#classad/ast.ts';
import { printExpression } from '#classad/print.ts';

/**
 * The texts of expressions, with `=?=` as users write it and not `is`: each is printed once for an answer, however many slots
 * share it or are compared by it.
 */
export class PrintedExpressions {
  readonly #texts = new Map<Expression, string>();

  of(expression: Expression): string {
    let text = this.#texts.get(expression);
    if (text === undefined) {
      text = printExpression(expression, 'old');
      this.#texts.set(expression, text);
    }
    return text;
  }
}
