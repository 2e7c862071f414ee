import { submitFault } from './fault.ts';
import { type LogicalLine, placeAt } from './lines.ts';
import { isFunctionName } from './macro-function-names.ts';

/** Where a part of a template was written. */
export interface Origin {
  readonly line: LogicalLine;
  readonly offset: number;
}

/** A piece of a value: plain text, `$(name)` with its default, `$(a$(b))` whose name is computed, or `$NAME(arguments)`. */
export type Part = Origin &
  (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'macro'; readonly name: string; readonly fallback: Template | undefined }
    | { readonly kind: 'computed'; readonly name: Template; readonly fallback: Template | undefined }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Template[] }
  );

/** A value of a submit file before its macros are expanded. */
export type Template = readonly Part[];

const deepest = 32;
const macroName = /\w[\w.]*/y;
const call = /\$([A-Za-z_]+)\(/y;

/** Reads the macros in a part of one line's text. */
class TemplateReader {
  readonly #line: LogicalLine;
  readonly #text: string;
  #at: number;
  #depth = 0;
  /** Offsets of references that are never closed, so that they are not read again and again. */
  readonly #unclosed = new Set<number>();

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
    const flush = (end: number) => {
      if (end > textStart) {
        const text = this.#text.slice(textStart, end);
        parts.push({ kind: 'text', text, line: this.#line, offset: textStart });
      }
    };
    while (this.#at < this.#text.length) {
      const character = this.#text.charAt(this.#at);
      if (open === 0 && stops.includes(character)) break;
      // `$$(…)` is resolved by the slot when the job starts, so it stays as it is.
      if (this.#text.startsWith('$$(', this.#at)) {
        this.#at += 2;
        continue;
      }
      const start = this.#at;
      const reference = character === '$' ? this.#reference() : undefined;
      if (reference !== undefined) {
        flush(start);
        parts.push(reference);
        textStart = this.#at;
        continue;
      }
      if (character === '(') open += 1;
      if (character === ')') open -= 1;
      this.#at += 1;
    }
    flush(this.#at);
    return parts;
  }

  /** The macro or call that begins here, leaving the reader behind it; undefined if it is only text, as in HTCondor. */
  #reference(): Part | undefined {
    const offset = this.#at;
    if (this.#unclosed.has(offset)) return undefined;
    this.#depth += 1;
    if (this.#depth > deepest) {
      throw submitFault(
        placeAt(this.#line, offset),
        `macros are nested more than ${deepest} levels deep`,
        'define one of the inner values as a macro of its own',
      );
    }
    const part = this.#text.charAt(offset + 1) === '(' ? this.#macro(offset) : this.#call(offset);
    this.#depth -= 1;
    if (part === undefined) this.#at = offset;
    return part;
  }

  #macro(offset: number): Part | undefined {
    macroName.lastIndex = offset + 2;
    const name = macroName.exec(this.#text)?.[0] ?? '';
    this.#at = offset + 2 + name.length;
    const next = this.#text.charAt(this.#at);
    const computed = next === '$' ? this.#computedName(offset) : undefined;
    if (computed === undefined && (name === '' || (next !== ':' && next !== ')'))) return undefined;
    let fallback: Template | undefined;
    if (this.#text.charAt(this.#at) === ':') {
      this.#at += 1;
      fallback = this.read(')');
    }
    if (!this.#closes(offset)) return undefined;
    const origin = { fallback, line: this.#line, offset };
    return computed === undefined
      ? { kind: 'macro', name, ...origin }
      : { kind: 'computed', name: computed, ...origin };
  }

  /** A name that contains other macros; undefined if it is not a name. */
  #computedName(offset: number): Template | undefined {
    this.#at = offset + 2;
    const parts = this.read(':)');
    const isName = parts.every((part) => part.kind !== 'text' || /^[\w.]+$/.test(part.text));
    return isName && parts.some((part) => part.kind !== 'text') ? parts : undefined;
  }

  #call(offset: number): Part | undefined {
    call.lastIndex = offset;
    const name = call.exec(this.#text)?.[1];
    if (name === undefined || !isFunctionName(name)) return undefined;
    const open = offset + 1 + name.length;
    const args: Template[] = [];
    do {
      this.#at = (args.length === 0 ? open : this.#at) + 1;
      args.push(this.read(',)'));
    } while (this.#text.charAt(this.#at) === ',');
    return this.#closes(offset) ? { kind: 'call', name, args, line: this.#line, offset } : undefined;
  }

  #closes(offset: number): boolean {
    if (this.#text.charAt(this.#at) !== ')') {
      this.#unclosed.add(offset);
      return false;
    }
    this.#at += 1;
    return true;
  }
}

/**
 * Reads the macros in `line.text` between two offsets.
 * @throws GlideinError InvalidSubmitFile for macros that are nested too deeply
 */
export function parseTemplate(line: LogicalLine, start = 0, end = line.text.length): Template {
  return new TemplateReader(line, start, end).read('');
}
