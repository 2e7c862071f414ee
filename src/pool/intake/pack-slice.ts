import { isUtf8 } from 'node:buffer';
import { isBare, lineOf, type ProcDifferences, type ProcPart } from '../jobs/packed-procs.ts';
import { notJson, type Slice } from './body-scanner.ts';
import type { ProcChecks } from './proc-checks.ts';

const newline = 0x0a;

/**
 * Checks the procs of a slice and packs them as the pool keeps them. Most keep the bytes in which they came.
 * @throws GlideinError InvalidArgument naming the field, InvalidExpression
 */
export function packSlice(slice: Slice, checks: ProcChecks): ProcPart {
  const { first, starts, breaks } = slice;
  const names = new Set<string>();
  /** The lines of procs that do not keep their bytes. */
  const lines = new Map<number, Uint8Array>();
  for (const [index, proc] of parsed(slice).entries()) {
    const changed = checks.check(proc, `procs.${first + index}`, names);
    const differences = changed ?? (proc as ProcDifferences);
    if (changed !== undefined || breaks || isBare(differences))
      lines.set(index, Buffer.from(lineOf(differences)));
  }
  const data = lines.size === 0 && isTight(slice) ? asItCame(slice) : joined(slice, lines);
  const copy = new Uint8Array(data);
  return { kind: 'list', first, count: starts.length, data, copy, names: [...names] };
}

function parsed({ first, bytes, starts, ends }: Slice): readonly unknown[] {
  const procs = parseList(bytes.subarray(starts[0], ends.at(-1)));
  if (procs?.length === starts.length) return procs;
  const bad = starts.findIndex((start, index) => parseList(bytes.subarray(start, ends[index])) === undefined);
  throw notJson(`in procs.${first + Math.max(0, bad)}`);
}

/** The values between commas; undefined if they are not JSON. @throws GlideinError InvalidArgument if they are not UTF-8 */
function parseList(bytes: Uint8Array): unknown[] | undefined {
  const text = textOf(bytes);
  try {
    return JSON.parse(`[${text}]`) as unknown[];
  } catch {
    return undefined;
  }
}

/** Without a byte order mark. @throws GlideinError InvalidArgument if the bytes are not UTF-8 */
export function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw notJson('it is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Whether nothing but a comma stands between two procs. */
const isTight = ({ starts, ends }: Slice): boolean =>
  starts.every((start, index) => index === 0 || start === (ends[index - 1] as number) + 1);

/** The bytes of all procs, with line breaks in place of the commas. */
function asItCame({ bytes, starts, ends }: Slice): Uint8Array {
  const begin = starts[0] as number;
  const data = bytes.slice(begin, ends.at(-1));
  for (let index = 0; index + 1 < ends.length; index += 1) data[(ends[index] as number) - begin] = newline;
  return data;
}

function joined({ bytes, starts, ends }: Slice, lines: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const all = starts.map((start, index) => lines.get(index) ?? bytes.subarray(start, ends[index]));
  const data = new Uint8Array(all.reduce((sum, line) => sum + line.length + 1, -1)).fill(newline);
  let at = 0;
  for (const line of all) {
    data.set(line, at);
    at += line.length + 1;
  }
  return data;
}
