import { GlideinError } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { printExpression, printValue } from '#classad/print.ts';
import { table } from './table.ts';

/** One line of values: an ad, and the job that it is about, if any. */
export interface Formatted {
  readonly ad: ClassAd;
  readonly job: string;
}

/** What the letters of `-af:jhr` ask for, as condor_q and condor_status understand them. */
const meanings = {
  j: 'the job first',
  h: 'a heading, and columns',
  l: 'names before values',
  r: 'expressions as they are, not evaluated',
  V: 'strings in quotes',
  ',': 'commas between values',
  t: 'tabs between values',
  n: 'a line for each value',
} as const;

type Letter = keyof typeof meanings;

const separators: Partial<Record<Letter, string>> = { ',': ', ', t: '\t', n: '\n' };

interface AutoformatOptions {
  /** What stands after `-af:`. */
  readonly letters?: string | undefined;
  readonly environment: Environment;
  /** Applied to each value, for a terminal that would act on some characters. */
  readonly clean?: (text: string) => string;
}

/** The values of expressions over ads, as condor_q -af prints them: blank-separated, strings without quotes. */
export class Autoformat {
  readonly #expressions: readonly Expression[];
  readonly #texts: readonly string[];
  readonly #letters: ReadonlySet<Letter>;
  readonly #environment: Environment;
  readonly #clean: (text: string) => string;
  #isFirst = true;

  /**
   * @param written the expressions, and their texts as they were written
   * @throws GlideinError InvalidArgument for a letter that means nothing
   */
  constructor(
    written: readonly { readonly text: string; readonly expression: Expression }[],
    { letters = '', environment, clean = (text) => text }: AutoformatOptions,
  ) {
    this.#expressions = written.map(({ expression }) => expression);
    this.#texts = written.map(({ text }) => text);
    this.#letters = new Set(letters.split('').map(known));
    this.#environment = environment;
    this.#clean = clean;
  }

  /** The lines of these ads, under the heading when they are the first and one is asked for. */
  lines(rows: readonly Formatted[]): string[] {
    const cells = rows.map((row) => this.#cells(row));
    return this.#letters.has('h') ? this.#columns(cells) : cells.map((row) => row.join(this.#separator));
  }

  #columns(cells: readonly string[][]): string[] {
    const head = [...(this.#letters.has('j') ? ['ID'] : []), ...this.#texts];
    const [heading = '', ...lines] = table(head, cells, false).split('\n');
    const shown = this.#isFirst ? [heading, ...lines] : lines;
    this.#isFirst = false;
    return shown;
  }

  get #separator(): string {
    for (const letter of this.#letters) {
      const separator = separators[letter];
      if (separator !== undefined) return separator;
    }
    return ' ';
  }

  #cells({ ad, job }: Formatted): string[] {
    const hasLabels = this.#letters.has('l') && !this.#letters.has('h');
    const values = this.#expressions.map((expression, at) => {
      const text = this.#clean(
        this.#letters.has('r') ? rawText(ad, expression) : this.#value(ad, expression),
      );
      return hasLabels ? `${this.#texts[at]} = ${text}` : text;
    });
    return this.#letters.has('j') ? [job, ...values] : values;
  }

  #value(ad: ClassAd, expression: Expression): string {
    const value = evaluate(expression, ad, undefined, this.#environment);
    return typeof value === 'string' && !this.#letters.has('V') ? value : printValue(value);
  }
}

/** The expression of an attribute; an expression that is not the name of one stays as it is. */
function rawText(ad: ClassAd, expression: Expression): string {
  const text = printExpression(expression, 'old');
  const own = ad.get(text);
  if (own !== undefined) return printExpression(own, 'old');
  return /^\w+$/.test(text) ? 'undefined' : text;
}

function known(letter: string): Letter {
  if (Object.hasOwn(meanings, letter)) return letter as Letter;
  const all = Object.entries(meanings).map(([each, meaning]) => `${each} (${meaning})`);
  throw new GlideinError('InvalidArgument', `--af:${letter}: there is no such format`, {
    cure: `write one or more of ${all.join('; ')}`,
  });
}
