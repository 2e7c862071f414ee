import { parseExpression } from '#classad/parser.ts';
import { withStandIn } from '#submit/language/cluster-number.ts';

/** The most characters that are remembered as valid, and the most of one text; beyond that all are forgotten. */
const mostRemembered = 2 ** 22;
const longestRemembered = 4096;

/** Numbers and strings without octal escapes, which every parser accepts. */
const plain = /^(?:-?(?:0|[1-9][0-9]{0,14})|"(?:[^"\\]|\\[^0-7])*"|true|false)$/;

/** Checks that expressions parse, so that their author learns of a mistake now and not when a job is matched. */
export class ValidTexts {
  readonly #valid = new Set<string>();
  #characters = 0;

  /** @throws GlideinError InvalidExpression */
  check(text: string): void {
    const isShort = text.length <= longestRemembered;
    if (isShort && (plain.test(text) || this.#valid.has(text))) return;
    parseExpression(withStandIn(text));
    if (!isShort) return;
    if (this.#characters > mostRemembered) this.#forget();
    this.#valid.add(text);
    this.#characters += text.length;
  }

  #forget(): void {
    this.#valid.clear();
    this.#characters = 0;
  }
}
