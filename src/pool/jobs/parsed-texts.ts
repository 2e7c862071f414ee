import type { Expression } from '#classad/ast.ts';
import { parseExpression } from '#classad/parser.ts';

/** Characters of one generation of the cache, which has two. The parsed expressions take some 20 times as many bytes. */
const mostCharacters = 2 ** 19;

/** Longer texts are not cached: they would leave no room for others. */
const longest = 2 ** 12;

/**
 * Caches recently parsed expressions by their text: the ad of a job is built anew whenever it is read, and most texts occur
 * in many jobs of a queue.
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
