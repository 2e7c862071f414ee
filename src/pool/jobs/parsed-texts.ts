import type { Expression } from '#classad/ast.ts';
import { parseExpression } from '#classad/parser.ts';

/** Characters of the texts that are remembered, at most twice as many; what they parse to takes some 20 times as many bytes. */
const mostCharacters = 2 ** 19;

/** A longer text would leave no room for others. */
const longest = 2 ** 12;

/**
 * The expressions of texts that were parsed lately: the ad of a job is made anew whenever somebody looks at it, and most
 * texts of a queue stand in many jobs.
 */
export class ParsedTexts {
  #young = new Map<string, Expression>();
  #old = new Map<string, Expression>();
  #characters = 0;

  /** @throws GlideinError `InvalidExpression` */
  readonly parse = (text: string): Expression => {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    const expression = this.#old.get(text) ?? parseExpression(text);
    if (text.length <= longest) this.#remember(text, expression);
    return expression;
  };

  #remember(text: string, expression: Expression): void {
    this.#characters += text.length + 1;
    if (this.#characters > mostCharacters) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = text.length + 1;
    }
    this.#young.set(text, expression);
  }
}
