import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { GlideinError } from '#base/error.ts';
import { programs } from './join-programs.ts';

/**
 * Places the program that joins the container of a payload. See `hack/payload-programs/join.c`.
 * @param directory where no payload can replace it
 * @throws GlideinError Unsupported on a machine that it is not compiled for
 */
export async function placeJoin(directory: string, machine: string = process.arch): Promise<string> {
  const program = programs[machine];
  if (program === undefined)
    throw new GlideinError('Unsupported', `there is no program for ${machine} that joins a container`);
  const path = join(directory, '.glidein-join');
  // Nothing can be written to a program that still runs.
  await rm(path, { force: true });
  await writeFile(path, Buffer.from(program, 'base64'), { mode: 0o755 });
  return path;
}

const kinds = { input: 0, noInput: 1, size: 2, stdout: 1, stderr: 2, ended: 3, failed: 4 } as const;

/** The frames that the program takes. Input is at most 16 MiB - 1. */
export function inputFrame(data: Uint8Array): Buffer {
  return Buffer.concat([header(kinds.input, data.length), data]);
}

export const noInputFrame = (): Buffer => header(kinds.noInput, 0);

export function sizeFrame(rows: number, columns: number): Buffer {
  const frame = Buffer.alloc(8);
  frame.writeUInt32LE(kinds.size * 2 ** 24 + 4);
  frame.writeUInt16LE(rows, 4);
  frame.writeUInt16LE(columns, 6);
  return frame;
}

function header(kind: number, length: number): Buffer {
  const frame = Buffer.alloc(4);
  frame.writeUInt32LE(kind * 2 ** 24 + length);
  return frame;
}

/** What the program says. */
export type JoinFrame =
  | { readonly type: 'data'; readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }
  | { readonly type: 'ended'; readonly code: number }
  | { readonly type: 'failed'; readonly reason: string }
  /** The payload has ended, and everything in its container with it. */
  | { readonly type: 'lost' };

/** Cuts what the program writes into its frames. */
export class JoinFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. */
  *take(bytes: Buffer): Generator<JoinFrame> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4) {
      const head = this.#rest.readUInt32LE();
      const end = 4 + (head & 0xff_ffff);
      if (this.#rest.length < end) return;
      const body = this.#rest.subarray(4, end);
      this.#rest = this.#rest.subarray(end);
      yield frameOf(head >>> 24, body);
    }
  }
}

function frameOf(kind: number, body: Buffer): JoinFrame {
  if (kind === kinds.ended) return { type: 'ended', code: body.readUInt32LE() };
  if (kind === kinds.failed && body.readUInt32LE() === thePayload) return { type: 'lost' };
  if (kind === kinds.failed)
    return { type: 'failed', reason: failure(body.readUInt32LE(), body.readUInt32LE(4)) };
  return { type: 'data', stream: kind === kinds.stderr ? 'stderr' : 'stdout', data: body };
}

/** By the numbers that the program has for them. */
const failing = [
  'it',
  'its namespaces',
  'its terminal',
  'its processes',
  'its limits',
  'its directory',
  '/bin/sh of its image',
];

const thePayload = failing.length;

const failure = (what: number, error: number): string =>
  `${failing[what] ?? 'it'}: ${getSystemErrorName(-error)}`;
