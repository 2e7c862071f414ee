import { didYouMean } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { clusterPlaceholder } from './cluster-number.ts';
import type { Warning } from './fault.ts';
import { submitFault, tooLarge } from './fault.ts';
import { placeAt } from './lines.ts';
import {
  dollarMark,
  type Expansion,
  firstOwnValue,
  type LiveRow,
  liveNames,
  type Segment,
  valueFor,
  varies,
  withDollars,
} from './macro-expansion.ts';
import { functionFor, namesTaken, takesFileName } from './macro-functions.ts';
import { Notes } from './macro-notes.ts';
import { type Origin, type Part, parseTemplate, type Template } from './macro-template.ts';
import type { MacroWorld } from './macro-world.ts';

interface Definition {
  readonly name: string;
  readonly template: Template;
}

/** `$(Year)`, `$(Month)` and `$(Day)` of the submission, in the submitter's zone. */
function dayMacros({ now, timeZone }: MacroWorld): [string, string][] {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const parts = format.formatToParts(new Date(now * 1000));
  return ['year', 'month', 'day'].map((type) => [
    type,
    parts.find((part) => part.type === type)?.value ?? '',
  ]);
}

/** The most references that one value may follow, and the most parts that a macro may have after referring to itself. */
const mostReferences = 10_000;
const deepestReference = 64;

/** The macros of a submit file. Of two definitions the later one wins; values are expanded only when they are used. */
export class MacroTable {
  readonly world: MacroWorld;
  readonly #definitions = new Map<string, Definition>();
  readonly #builtIn: ReadonlyMap<string, string>;
  /** The index in a row of each macro that changes from proc to proc, for the current statement. */
  #live: ReadonlyMap<string, number> = new Map();
  readonly #notes = new Notes();
  #references = 0;
  #depth = 0;

  constructor(world: MacroWorld) {
    this.world = world;
    this.#builtIn = new Map([
      ['dollar', dollarMark],
      ['cluster', clusterPlaceholder],
      ['clusterid', clusterPlaceholder],
      ['submit_file', world.file],
      ['submit_time', String(Math.floor(world.now))],
      ['islinux', '1'],
      ['iswindows', '0'],
      ['opsys', world.platform.opsys],
      ['arch', world.platform.arch],
      ...dayMacros(world),
    ]);
  }

  /** Defines a macro. In it, a reference to itself means its value so far, as in `list = $(list) more`. */
  define(name: string, template: Template): void {
    const key = name.toLowerCase();
    const before = this.#definitions.get(key)?.template;
    const refersToItself = (part: Part) => part.kind === 'macro' && part.name.toLowerCase() === key;
    const whole =
      before === undefined ? template : template.flatMap((part) => (refersToItself(part) ? before : [part]));
    const first = whole[0];
    if (whole.length > mostReferences && first !== undefined) {
      throw tooLarge(
        placeAt(first.line, first.offset),
        `"${name}" has grown to more than ${mostReferences} pieces`,
        'use a file',
      );
    }
    this.#definitions.delete(key);
    this.#definitions.set(key, { name, template: whole });
  }

  /** From here on, macros that change from proc to proc are read from rows, including the statement's own names. */
  enter(names: readonly string[]): void {
    const own = names.map((name, index): [string, number] => [name.toLowerCase(), firstOwnValue + index]);
    // HTCondor only defines Item where the statement names no variables.
    const given = own.length === 0 ? liveNames : [...liveNames].filter(([name]) => name !== 'item');
    this.#live = new Map([...given, ...own]);
  }

  /** Undoes {@link enter}. */
  leave(): void {
    this.#live = new Map();
  }

  /** The value of a macro; everything in it that is the same for all procs is expanded. */
  lookUp(name: string, origin: Origin): { name: string; expansion: Expansion } | undefined {
    const key = name.toLowerCase();
    if (this.#live.has(key)) return { name: key, expansion: [this.#liveSegment(key, origin)] };
    const found = this.#definitions.get(key);
    return found && { name: found.name, expansion: this.expand(found.template) };
  }

  /** Whether a macro has a value that is not empty, or will have one for each proc. */
  isDefined(name: string): boolean {
    const key = name.toLowerCase();
    if (liveNames.has(key) || this.#builtIn.has(key)) return true;
    const template = this.#definitions.get(key)?.template ?? [];
    return template.some((part) => part.kind !== 'text' || part.text.trim() !== '');
  }

  /** The value of a template, without warnings about undefined macros: a condition may ask for them. */
  expandKnown(template: Template): string {
    const known = template.filter(
      (part) => part.kind !== 'macro' || part.fallback !== undefined || this.isDefined(part.name),
    );
    return withDollars(valueFor(this.expand(known), []));
  }

  /** Expands everything that is the same for all procs. */
  expand(template: Template): Expansion {
    if (this.#depth === 0) this.#references = 0;
    return this.#expandParts(template);
  }

  #expandParts(template: Template): Segment[] {
    const segments: Segment[] = [];
    for (const part of template) {
      if (part.kind === 'text') {
        segments.push({ content: part.text, line: part.line, offset: part.offset, direct: true });
        continue;
      }
      const expansion = this.#guarded(part, () => this.#expandReference(part));
      for (const { content, entry } of expansion) {
        const from = { line: part.line, offset: part.offset, direct: false };
        segments.push({ content, ...from, ...(entry !== undefined && { entry }) });
      }
    }
    return segments;
  }

  #guarded<T>(part: Origin, run: () => T): T {
    const place = () => placeAt(part.line, part.offset);
    this.#references += 1;
    if (this.#references > mostReferences) {
      throw tooLarge(place(), `the value refers to more than ${mostReferences} macros`, 'write it out');
    }
    if (this.#depth >= deepestReference) {
      throw submitFault(
        place(),
        'this macro refers to itself, or is nested too deeply',
        'write out one of the values',
      );
    }
    this.#depth += 1;
    try {
      return run();
    } finally {
      this.#depth -= 1;
    }
  }

  #expandReference(part: Exclude<Part, { kind: 'text' }>): Expansion {
    const of = (content: Segment['content']): Expansion => [
      { content, line: part.line, offset: part.offset, direct: false },
    ];
    if (part.kind === 'call') return of(this.#callContent(part));
    if (part.kind === 'computed') return this.#expandComputed(part);
    const key = part.name.toLowerCase();
    if (this.#live.has(key)) return [this.#liveSegment(key, part)];
    const definition = this.#definitions.get(key);
    if (definition !== undefined) return this.#expandParts(definition.template);
    const builtIn = this.#builtIn.get(key);
    if (builtIn !== undefined) return of(builtIn);
    if (part.fallback !== undefined) return this.#expandParts(part.fallback);
    this.#noteUndefined(part.name, part);
    return [];
  }

  /** Expands the name in `$(a$(b))` first; if that differs from proc to proc, so does the macro that it names. */
  #expandComputed(part: Extract<Part, { kind: 'computed' }>): Expansion {
    const name = this.#expandParts(part.name);
    const named = (text: string) => this.#expandParts([{ ...part, kind: 'macro', name: text }]);
    if (!varies(name)) return named(valueFor(name, []));
    const content = (row: LiveRow) => {
      if (this.#depth === 0) this.#references = 0;
      return this.#guarded(part, () => valueFor(named(valueFor(name, row)), row));
    };
    return [{ content, line: part.line, offset: part.offset, direct: false }];
  }

  /** All names that were assigned to, as written. */
  names(): string[] {
    return [...this.#definitions.values()].map(({ name }) => name);
  }

  /** Warnings about references to undefined macros, which HTCondor accepts silently. */
  notes(): readonly Warning[] {
    return this.#notes.all();
  }

  #noteUndefined(name: string, origin: Origin): void {
    const known = [...this.#live.keys(), ...this.#definitions.keys(), ...this.#builtIn.keys()];
    const hint = name.length > 40 ? '' : didYouMean(name, known);
    const cure = hint === '' ? `write $(${name}:) if it should be empty` : hint;
    this.#notes.add(origin, `no macro defines $(${truncate(name, 40)}), so it is empty; ${cure}`);
  }

  /** A live value may itself hold macros, as an item `run-$(Process)` does. */
  #liveSegment(key: string, origin: Origin): Segment {
    const index = this.#live.get(key) ?? 0;
    const content = (row: LiveRow) => {
      const text = row[index] ?? '';
      return text.includes('$') ? this.#expandLive(text, row, origin) : text;
    };
    return { content, line: origin.line, offset: origin.offset, direct: false, entry: index };
  }

  #expandLive(text: string, row: LiveRow, origin: Origin): string {
    // The text is not a line of the file, so errors in it are reported where it is used.
    const place = placeAt(origin.line, origin.offset);
    const line = {
      file: origin.line.file,
      text,
      pieces: [{ offset: 0, line: place.line ?? 1, column: place.column ?? 1 }],
    };
    if (this.#depth === 0) this.#references = 0;
    return this.#guarded(origin, () => valueFor(this.#expandParts(parseTemplate(line)), row));
  }

  #callContent(part: Extract<Part, { kind: 'call' }>): Segment['content'] {
    const run = functionFor(part, this.world, (message) => this.#notes.add(part, message));
    const names = namesTaken(part.name, part.args.length);
    const mayBeText = takesFileName(part.name);
    const args = part.args.map((arg, index) => this.#argument(arg, index < names, mayBeText));
    if (run.random || args.some((arg) => typeof arg !== 'string')) {
      return (row) => run.apply(args.map((arg) => (typeof arg === 'string' ? arg : arg(row))));
    }
    return run.apply(args.map(String));
  }

  /** An argument that may be a bare macro name is one if it looks like a name; for a file, only if there is such a macro. */
  #argument(template: Template, mayBeName: boolean, mayBeText: boolean): string | ((row: LiveRow) => string) {
    const only = template.length === 1 ? template[0] : undefined;
    const name = only?.kind === 'text' ? only.text.trim() : '';
    const isName =
      mayBeName &&
      only !== undefined &&
      /^[A-Za-z_][\w.]*$/.test(name) &&
      (!mayBeText || this.isDefined(name) || this.#live.has(name.toLowerCase()));
    const macro: Template = isName ? [{ ...only, kind: 'macro', name, fallback: undefined }] : template;
    const expansion = this.#expandParts(macro);
    if (varies(expansion)) return (row) => valueFor(expansion, row).trim();
    return valueFor(expansion, []).trim();
  }
}
