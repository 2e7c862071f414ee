import { didYouMean } from '#base/nearest.ts';
import { submitFault } from './fault.ts';
import { functionNames, isFunctionName } from './function-names.ts';
import { type LogicalLine, placeAt } from './lines.ts';

/** Where a part of a template was written. */
export interface Origin {
  readonly line: LogicalLine;
  readonly offset: number;
}

/** A piece of a value: plain text, `$(name)` with its default, or `$NAME(arguments)`. */
export type Part = Origin &
  (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'macro'; readonly name: string; readonly fallback: Template | undefined }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Template[] }
  );

/** A value of a submit file before its macros are expanded. */
export type Template = readonly Part[];

const deepest = 32;
const macroName = /[A-Za-z_][\w.]*/y;
const call = /\$([A-Za-z_]+)\(/y;

/** Reads the macros of one line's text between two offsets. */
class TemplateReader {
  readonly #line: LogicalLine;
  readonly #text: string;
  #at: number;
  #depth = 0;

  constructor(line: LogicalLine, start: number, end: number) {
    this.#line = line;
    this.#text = line.text.slice(0, end);
    this.#at = start;
  }

  /** Parts up to a character of `stops` outside of nested parentheses, or up to the end. */
  read(stops: string): Template {
    const parts: Part[] = [];
    let textStart = this.#at;
    let open = 0;
    const flush = () => {
      if (this.#at > textStart) {
        const text = this.#text.slice(textStart, this.#at);
        parts.push({ kind: 'text', text, line: this.#line, offset: textStart });
      }
    };
    while (this.#at < this.#text.length) {
      const character = this.#text.charAt(this.#at);
      if (open === 0 && stops.includes(character)) break;
      // What the slot is asked for when the job starts stays as it is.
      if (this.#text.startsWith('$$(', this.#at)) {
        this.#at += 2;
        continue;
      }
      if (character === '$' && this.#opensReference()) {
        flush();
        parts.push(this.#reference());
        textStart = this.#at;
        continue;
      }
      if (character === '(') open += 1;
      if (character === ')') open -= 1;
      this.#at += 1;
    }
    flush();
    return parts;
  }

  #opensReference(): boolean {
    const next = this.#text.charAt(this.#at + 1);
    if (next === '(') return true;
    call.lastIndex = this.#at;
    const name = call.exec(this.#text)?.[1];
    return name !== undefined && this.#isFunction(name);
  }

  #isFunction(name: string): boolean {
    if (isFunctionName(name)) return true;
    if (!/^[A-Z_]{2,}$/.test(name)) return false;
    const hint = didYouMean(name, functionNames);
    throw submitFault(
      placeAt(this.#line, this.#at),
      `unknown macro function "$${name.slice(0, 40)}()"`,
      hint === '' ? 'write $(DOLLAR) for a plain "$"' : hint,
    );
  }

  #reference(): Part {
    const offset = this.#at;
    this.#depth += 1;
    if (this.#depth > deepest) {
      throw submitFault(placeAt(this.#line, offset), `macros nested more than ${deepest} deep`);
    }
    const part = this.#text.charAt(offset + 1) === '(' ? this.#macro(offset) : this.#call(offset);
    this.#depth -= 1;
    return part;
  }

  #macro(offset: number): Part {
    macroName.lastIndex = offset + 2;
    const name = macroName.exec(this.#text)?.[0];
    if (name === undefined) throw this.#notAName(offset);
    this.#at = offset + 2 + name.length;
    let fallback: Template | undefined;
    if (this.#text.charAt(this.#at) === ':') {
      this.#at += 1;
      fallback = this.read(')');
    } else if (this.#at < this.#text.length && this.#text.charAt(this.#at) !== ')') {
      throw this.#notAName(offset);
    }
    this.#close(offset);
    return { kind: 'macro', name, fallback, line: this.#line, offset };
  }

  #call(offset: number): Part {
    const open = this.#text.indexOf('(', offset);
    const name = this.#text.slice(offset + 1, open);
    const args: Template[] = [];
    do {
      this.#at = (args.length === 0 ? open : this.#at) + 1;
      args.push(this.read(',)'));
    } while (this.#text.charAt(this.#at) === ',');
    this.#close(offset);
    return { kind: 'call', name, args, line: this.#line, offset };
  }

  #close(offset: number): void {
    if (this.#text.charAt(this.#at) !== ')') {
      throw submitFault(placeAt(this.#line, offset), 'a macro without its ")"', 'close it: $(name)');
    }
    this.#at += 1;
  }

  #notAName(offset: number) {
    return submitFault(
      placeAt(this.#line, offset),
      '"$(" is not followed by the name of a macro and ")"',
      'write $(name) for a macro, or $(DOLLAR)( for these two characters themselves',
    );
  }
}

/**
 * Reads the macros in `line.text` between two offsets.
 * @throws GlideinError InvalidSubmitFile at a macro that is not closed or has no name.
 */
export function parseTemplate(line: LogicalLine, start = 0, end = line.text.length): Template {
  return new TemplateReader(line, start, end).read('');
}
