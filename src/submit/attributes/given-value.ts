import { GlideinError, type Place } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { Expression } from '#classad/ast.ts';
import { Grammar } from '#classad/grammar.ts';
import { printExpression } from '#classad/print.ts';
import { quoteNew } from '#classad/string-literal.ts';
import { clusterPlaceholder, withPlaceholder, withStandIn } from '../language/cluster-number.ts';
import { submitFault, unsupported } from '../language/fault.ts';
import {
  type Expansion,
  type LiveRow,
  placeInValue,
  valueFor,
  withDollars,
} from '../language/macro-expansion.ts';

/** Attributes of a job ad: name → ClassAd expression text. */
export type Attributes = Record<string, string>;

/** The text of a ClassAd string. */
export const quote = (text: string): string => quoteNew(text);

const yes = new Set(['true', 'yes', 't', 'y', '1']);
const no = new Set(['false', 'no', 'f', 'n', '0']);
/** Expressions that need no checking. */
const plain = /^(?:-?(?:0|[1-9][0-9]{0,14})|"[^"\\]*"|true|false)$/;

/** The value of a command for one proc; it can tell where in the file a part of it was written. */
export class GivenValue {
  /** The command as the user wrote it. */
  readonly name: string;
  readonly text: string;
  /** Whether something was written that expanded to blanks. */
  readonly isBlank: boolean;
  readonly #expansion: Expansion;
  readonly #row: LiveRow;
  readonly #leading: number;

  /** @param from where in the expanded value it begins */
  constructor(name: string, expansion: Expansion, row: LiveRow, from = 0) {
    const whole = withDollars(valueFor(expansion, row));
    const rest = whole.slice(from).trimStart();
    this.name = name;
    this.text = rest.trimEnd();
    this.isBlank = whole !== '' && rest === '';
    this.#expansion = expansion;
    this.#row = row;
    this.#leading = whole.length - rest.length;
  }

  /** The rest of the value, from this character of its text on. */
  after(offset: number): GivenValue {
    return new GivenValue(this.name, this.#expansion, this.#row, this.#leading + offset);
  }

  place(offset = 0): Place {
    return placeInValue(this.#expansion, this.#row, this.#leading + offset);
  }

  fault(message: string, cure?: string, offset = 0): GlideinError {
    return submitFault(this.place(offset), `${this.name}: ${message}`, cure);
  }

  unsupported(message: string, cure: string): GlideinError {
    return unsupported(this.place(), `${this.name}: ${message}`, cure);
  }

  /** The value without a pair of double quotes around it. */
  unquoted(): string {
    return /^"[^"]*"$/.test(this.text) ? this.text.slice(1, -1) : this.text;
  }

  boolean(): boolean {
    const word = this.text.toLowerCase();
    if (!yes.has(word) && !no.has(word)) {
      throw this.fault(`"${truncate(this.text, 40)}" is neither true nor false`, 'write true or false');
    }
    return yes.has(word);
  }

  /** The value as ClassAd text, checked to be a whole number. */
  integer(least = Number.MIN_SAFE_INTEGER): string {
    if (this.text === clusterPlaceholder) return this.text;
    const value = /^[-+]?[0-9]{1,16}$/.test(this.text) ? Number(this.text) : Number.NaN;
    if (!Number.isSafeInteger(value)) {
      throw this.fault(`"${truncate(this.text, 40)}" is not a whole number`, 'write a number such as 3');
    }
    if (value < least) throw this.fault(`${value} is less than ${least}`, `write ${least} or more`);
    return String(value);
  }

  /** The words between commas, without empty ones and without quotes around the whole value. */
  list(): string[] {
    return this.unquoted()
      .split(',')
      .flatMap((word) => {
        const trimmed = word.trim();
        return trimmed === '' ? [] : [trimmed];
      });
  }

  /**
   * The ClassAd text of an expression. Strings in submit files are in the old syntax, in which a backslash has no special
   * meaning; ads are in the new one. So an expression with a backslash is printed anew, and also one with a comment, which
   * would swallow whatever is appended to it.
   * @param cure what to advise about a fault, instead of what the grammar advises
   */
  expression(cure?: string): string {
    if (plain.test(this.text)) return this.text;
    const parsed = this.#parse(withStandIn(this.text), cure);
    if (!/\\|\/\/|\/\*/.test(this.text)) return this.text;
    return withPlaceholder(printExpression(parsed));
  }

  /** The expression itself. */
  parsed(): Expression {
    return this.#parse(withStandIn(this.text));
  }

  #parse(text: string, cure?: string): Expression {
    try {
      return new Grammar(text, 'old').wholeExpression();
    } catch (error) {
      if (!(error instanceof GlideinError)) throw error;
      throw this.fault(error.message, cure ?? error.cure, (error.place?.column ?? 1) - 1);
    }
  }
}

/** Reads the value of a command (by its first name in the table) for one proc; undefined if it is empty, except for blank arguments. */
export type Read = (command: string) => GivenValue | undefined;

/** Makes some attributes of a job, only from the commands that it lists. */
export interface Producer {
  readonly reads: readonly string[];
  make(read: Read): Attributes;
}
