import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { act, actOf, inString, outside, whereAfter } from './json-bytes.ts';

/** Consecutive procs of a body, as they came. */
export interface Slice {
  /** The number of the first of them. */
  readonly first: number;
  /** Their bytes, and whatever stood between them; valid until the scanner goes on. */
  readonly bytes: Uint8Array;
  /** Where each of them begins in `bytes`, and where it ends. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Whether a line break stands in one of them. */
  readonly breaks: boolean;
}

/** The name of the list of procs. */
const listName = 'procs';

/** Bytes after which a slice ends before it has all the procs that it may have. */
const sliceBytes = 2 ** 20;

/** The most bytes of one proc, and of everything in a body but its procs: no job with more could be sent to a pilot. */
const mostBytes = 16 * 2 ** 20;

/** The depth of brackets in the outermost object, in the list of procs, and beyond anything that a submit has. */
const inBody = 1;
const inList = 2;
const tooDeep = 100;

/**
 * Where in the body the scanner is: outside of the list of procs; where a proc or the end of the list may follow; where a proc
 * must follow; in a proc; after one.
 */
type Place = 'envelope' | 'first' | 'next' | 'proc' | 'after';

interface Options {
  /** The most procs of a slice, and of the body. */
  readonly mostInSlice: number;
  readonly most: number;
  readonly take: (slice: Slice) => void;
}

/**
 * Finds the procs in the bytes of a submit, piece by piece, so that a body of any size is parsed slice by slice. It looks at
 * brackets and strings only: whether what stands between them is JSON, its reader finds out.
 *
 * **Gotchas.** It knows the list by its name `"procs"` in the outermost object, written without escapes.
 */
export class BodyScanner {
  readonly #options: Options;
  /** The body without its procs: their list is empty in it. */
  readonly #envelope = new ByteBuffer();
  readonly #slice = new ByteBuffer();
  #starts: number[] = [];
  #ends: number[] = [];
  #breaks = false;
  #first = 0;
  #place: Place = 'envelope';
  #where = outside;
  #depth = 0;
  /** The newest string of the outermost object, as far as it may be the name of the list, and whether it names what follows. */
  #string = '';
  #mayName = false;
  #names = false;
  #lists = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** How many procs were found so far. */
  get count(): number {
    return this.#first + this.#ends.length;
  }

  /** Whether the body has a list of procs. */
  get hasList(): boolean {
    return this.#lists > 0;
  }

  /** @throws GlideinError InvalidArgument, TooLarge, and whatever the reader of a slice throws */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length)
      at = this.#place === 'envelope' ? this.#readEnvelope(bytes, at) : this.#readList(bytes, at);
  }

  /**
   * Ends the body, and gives its last slice.
   * @returns the body without its procs
   * @throws GlideinError as {@link push} does; InvalidArgument if the body ends too early
   */
  end(): Uint8Array {
    if (this.#place !== 'envelope' || this.#depth > 0) throw notJson('it ends too early');
    this.#give();
    return this.#envelope.view();
  }

  /** Reads the envelope up to the list of procs. @returns where the list begins, or the end of the bytes */
  #readEnvelope(bytes: Uint8Array, from: number): number {
    let at = from;
    let isList = false;
    while (at < bytes.length && !isList) {
      const code = bytes[at] as number;
      at += 1;
      const what = actOf[this.#where + code] as number;
      if (what !== act.nothing) isList = this.#turn(what, code);
      else if (this.#mayName && this.#where === inString) this.#addToName(code);
    }
    this.#envelope.push(bytes.subarray(from, at));
    if (this.#envelope.length > mostBytes) throw tooLarge('what is not in its list of procs');
    return at;
  }

  /** @returns whether the list of procs begins after this byte of the envelope */
  #turn(what: number, code: number): boolean {
    this.#where = whereAfter(what) ?? this.#where;
    if (what === act.opens) {
      this.#deepen();
      return this.#depth === inList && this.#names && code === 0x5b && this.#beginsList();
    }
    if (what === act.closes) this.#depth -= 1;
    else this.#note(what);
    return false;
  }

  /** Notes whether the list of procs may follow. A name that is written with escapes is not taken for the list's. */
  #note(what: number): void {
    if (what === act.beginsString) this.#beginString();
    else if (what === act.isEscaped) this.#addToName(0x20);
    else if (what === act.colon) this.#names = this.#depth === inBody && this.#string === listName;
    else if (what === act.comma) this.#names = false;
  }

  #beginString(): void {
    this.#string = '';
    this.#mayName = this.#depth === inBody;
  }

  #addToName(code: number): void {
    this.#string += String.fromCharCode(code);
    this.#mayName = this.#string.length <= listName.length;
  }

  #beginsList(): true {
    if (this.#lists > 0)
      throw new GlideinError('InvalidArgument', 'procs: the request has this field twice', {
        cure: 'give all procs in one list',
      });
    this.#lists += 1;
    this.#names = false;
    this.#place = 'first';
    return true;
  }

  /** Reads procs up to the end of their list. @returns the index of its closing bracket, or the end of the bytes */
  #readList(bytes: Uint8Array, from: number): number {
    let [begun, at] = [from, from];
    while (at < bytes.length) {
      if (this.#place === 'proc') at = this.#readProc(bytes, at, this.#slice.length - begun);
      else if (this.#readBetween(bytes[at] as number, this.#slice.length + at - begun)) at += 1;
      else break;
      if (this.#place !== 'proc' && this.#isFull(this.#slice.length + at - begun)) {
        this.#slice.push(bytes.subarray(begun, at));
        begun = at;
        this.#give();
      }
    }
    this.#slice.push(bytes.subarray(begun, at));
    if (this.#slice.length > mostBytes + sliceBytes) throw tooLarge(`procs.${this.count}`);
    return at;
  }

  #isFull(bytes: number): boolean {
    return this.#ends.length >= this.#options.mostInSlice || bytes >= sliceBytes;
  }

  /** @returns false for the bracket that ends the list, which belongs to the envelope */
  #readBetween(code: number, offset: number): boolean {
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) return true;
    if (code === 0x5d && this.#place !== 'next') {
      this.#place = 'envelope';
      return false;
    }
    if (this.#place === 'after') {
      if (code !== 0x2c) throw notJson(`something other than a comma follows procs.${this.count - 1}`);
      this.#place = 'next';
      return true;
    }
    if (code !== 0x7b) throw new GlideinError('InvalidArgument', `procs.${this.count}: it is not an object`);
    this.#starts.push(offset);
    this.#place = 'proc';
    this.#depth = inList + 1;
    return true;
  }

  /**
   * Reads a proc as far as its bytes are there; most bytes of a large body are read here.
   * @param shift from indexes in `bytes` to those in the slice
   */
  #readProc(bytes: Uint8Array, from: number, shift: number): number {
    let at = from;
    let where = this.#where;
    while (at < bytes.length) {
      const what = actOf[where + (bytes[at] as number)] as number;
      at += 1;
      if (what === act.nothing) continue;
      where = whereAfter(what) ?? where;
      if (what === act.opens) this.#deepen();
      else if (what === act.breaksLine) this.#breaks = true;
      else if (what === act.closes) {
        this.#depth -= 1;
        if (this.#depth === inList) {
          this.#endProc(at + shift);
          break;
        }
      }
    }
    this.#where = where;
    return at;
  }

  #deepen(): void {
    this.#depth += 1;
    if (this.#depth > tooDeep) throw notJson('it is nested too deeply');
  }

  #endProc(offset: number): void {
    if (this.count >= this.#options.most)
      throw new GlideinError('InvalidArgument', `procs: it has more than ${this.#options.most} entries`);
    this.#ends.push(offset);
    this.#place = 'after';
  }

  #give(): void {
    const { length } = this.#ends;
    if (length > 0) {
      const bytes = this.#slice.view();
      const slice = { first: this.#first, bytes, starts: this.#starts, ends: this.#ends };
      this.#options.take({ ...slice, breaks: this.#breaks });
    }
    this.#first += length;
    this.#slice.clear();
    this.#starts = [];
    this.#ends = [];
    this.#breaks = false;
  }
}

/** The body is not JSON. */
export const notJson = (why: string): GlideinError =>
  new GlideinError('InvalidArgument', `the request is not valid JSON: ${why}`);

const tooLarge = (what: string): GlideinError =>
  new GlideinError('TooLarge', `${what} has more than ${formatBytes(mostBytes)}`, {
    cure: 'move long texts into an input file, and pack many inputs into an archive',
  });
