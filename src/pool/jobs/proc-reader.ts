import { GlideinError } from '#base/error.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import { substituteProc } from '#submit/language/proc-number.ts';
import type { ProcDifferences, ProcPart } from './packed-procs.ts';
import { isFields, isProc } from './stored-parts.ts';

const newline = 10;

const nothing: ProcDifferences = Object.freeze({
  attributes: Object.freeze({}),
  inputs: Object.freeze([]) as readonly never[],
});

/** Reads single procs out of packed ones. The lines of the part that was read last are remembered, since readers go in order. */
export class ProcReader {
  /** The names, in lower case, of all attributes that any proc sets. */
  readonly names: ReadonlySet<string>;
  /** The bytes that all procs take. */
  readonly bytes: number;
  readonly #parts: readonly ProcPart[] | undefined;
  readonly #cluster: number;
  /** The proc that was read last: what becomes of it is mostly decided and done in one go, and both read it. */
  #last: { readonly proc: number; readonly differences: ProcDifferences } | undefined;
  #lines: { readonly part: ProcPart; readonly starts: Uint32Array } | undefined;

  /** @param parts undefined if no proc has anything of its own */
  constructor(parts: readonly ProcPart[] | undefined, cluster: number) {
    this.#parts = parts;
    this.#cluster = cluster;
    this.names = new Set(parts?.flatMap(({ names }) => names));
    this.bytes = parts?.reduce((sum, { data }) => sum + data.byteLength, 0) ?? 0;
  }

  /** @throws GlideinError StoreFailed if there is no such proc, or if its bytes are damaged */
  read(proc: number): ProcDifferences {
    if (this.#parts === undefined) return nothing;
    if (this.#last?.proc !== proc) this.#last = { proc, differences: this.#readFrom(this.#parts, proc) };
    return this.#last.differences;
  }

  #readFrom(parts: readonly ProcPart[], proc: number): ProcDifferences {
    const part = partOf(parts, proc);
    const text = part.kind === 'series' ? seriesText(part, proc) : this.#line(part, proc - part.first);
    if (text === '') return nothing;
    const { attributes, inputs } = parsed(text, proc);
    return { attributes: substituteCluster(attributes, this.#cluster), inputs };
  }

  /** The texts of all parts, for a search that need not know which proc is which. */
  *texts(): Iterable<string> {
    for (const { data } of this.#parts ?? []) yield textOf(data);
  }

  #line(part: ProcPart, index: number): string {
    if (this.#lines?.part !== part) this.#lines = { part, starts: startsOf(part) };
    const { starts } = this.#lines;
    return textOf(part.data.subarray(starts[index], (starts[index + 1] ?? 0) - 1));
  }
}

function partOf(parts: readonly ProcPart[], proc: number): ProcPart {
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const part = parts[middle] as ProcPart;
    if (proc < part.first) high = middle;
    else if (proc >= part.first + part.count) low = middle + 1;
    else return part;
  }
  throw new GlideinError('StoreFailed', `the submission has no differences for proc ${proc}`);
}

/** Where each line begins, and where a line after the last one would. */
function startsOf({ data, count }: ProcPart): Uint32Array {
  const starts = new Uint32Array(count + 1);
  let at = 0;
  for (let line = 1; line <= count; line += 1) {
    const end = data.indexOf(newline, at);
    at = end === -1 ? data.byteLength + 1 : end + 1;
    starts[line] = at;
  }
  return starts;
}

const seriesText = ({ data }: ProcPart, proc: number): string => substituteProc(textOf(data), proc);

const textOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');

function parsed(text: string, proc: number): ProcDifferences {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GlideinError('StoreFailed', `the differences of proc ${proc} are not JSON`, { cause });
  }
  if (!isFields(value) || !isProc(value))
    throw new GlideinError('StoreFailed', `the differences of proc ${proc} cannot be read`);
  return value as unknown as ProcDifferences;
}
