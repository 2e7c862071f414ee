import { closeSync, constants as files, fstatSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programs } from './wait-status-programs.ts';

/**
 * Files in the container's `/tmp`: the program that is the payload's parent, what it writes when the payload ends, and the
 * file that it waits to see removed before it runs the payload.
 */
export const waitStatusNames = {
  program: '.glidein-wait-status',
  record: '.glidein-ended',
  gate: '.glidein-not-yet',
} as const;

/** How the payload's own process ended, as its parent saw it. See `hack/payload-programs/wait-status.c`. */
export interface WaitStatus {
  /** Either this or `signal` is set. */
  readonly exitCode?: number;
  readonly signal?: number;
  /** Of the payload and of all its descendants that were waited for. */
  readonly cpuSeconds: number;
  /** The largest resident set of one process. */
  readonly residentBytes: number;
}

/** Bytes; the record is four numbers. */
const longestRecord = 128;

/** Puts the program into a payload's `/tmp`. Payloads run without it on machines that it is not compiled for. */
export function placeWaitStatus(temporary: string, machine: string = process.arch): void {
  const program = programs[machine];
  if (program === undefined) return;
  writeFileSync(join(temporary, waitStatusNames.program), Buffer.from(program, 'base64'), { mode: 0o755 });
}

/** Wherever the program can run, the payload does not begin before {@link openGate}. */
export const closeGate = (temporary: string): void =>
  writeFileSync(join(temporary, waitStatusNames.gate), '');

/**
 * @param parent the process that waits at the gate, if it is known: then it need not find out by itself
 * @throws the error of the file system; then the payload never begins
 */
export function openGate(temporary: string, parent?: number): void {
  rmSync(join(temporary, waitStatusNames.gate), { force: true });
  try {
    if (parent !== undefined) process.kill(parent, 'SIGURG');
  } catch {
    // It has ended.
  }
}

/** What the program wrote. Undefined: it could not run, or the payload spoiled the record. */
export function readWaitStatus(temporary: string): WaitStatus | undefined {
  try {
    return parseWaitStatus(readSmall(join(temporary, waitStatusNames.record), longestRecord) ?? '');
  } catch {
    return undefined;
  }
}

/**
 * The beginning of a file that the payload may have replaced by anything: a link is not followed, and a pipe does not block.
 * @returns undefined if it is no file
 * @throws the error of the file system
 */
export function readSmall(path: string, most: number): string | undefined {
  const file = openSync(path, files.O_RDONLY | files.O_NOFOLLOW | files.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const buffer = Buffer.alloc(most);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, most, 0));
  } finally {
    closeSync(file);
  }
}

/** `STATUS USER SYSTEM RESIDENT `: the status as wait(2) codes it, two times in microseconds, and KiB. */
export function parseWaitStatus(text: string): WaitStatus | undefined {
  const match = /^(\d{1,10}) (\d{1,18}) (\d{1,18}) (\d{1,15}) $/.exec(text);
  if (match === null) return undefined;
  const [status = 0, user = 0, system = 0, resident = 0] = match.slice(1).map(Number);
  const signal = status & 0x7f;
  const end = signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal };
  return { ...end, cpuSeconds: (user + system) / 1e6, residentBytes: resident * 1024 };
}
