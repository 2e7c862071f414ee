import { constants as files } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
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
export async function placeWaitStatus(temporary: string, machine: string = process.arch): Promise<void> {
  const program = programs[machine];
  if (program === undefined) return;
  await writeFile(join(temporary, waitStatusNames.program), Buffer.from(program, 'base64'), { mode: 0o755 });
}

/** Wherever the program can run, the payload does not begin before {@link openGate}. */
export const closeGate = (temporary: string): Promise<void> =>
  writeFile(join(temporary, waitStatusNames.gate), '');

/** @throws the error of the file system; then the payload never begins */
export const openGate = (temporary: string): Promise<void> =>
  rm(join(temporary, waitStatusNames.gate), { force: true });

/** What the program wrote. Undefined: it could not run, or the payload spoiled the record. */
export async function readWaitStatus(temporary: string): Promise<WaitStatus | undefined> {
  try {
    const path = join(temporary, waitStatusNames.record);
    const file = await open(path, files.O_RDONLY | files.O_NOFOLLOW | files.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(longestRecord), 0, longestRecord, 0);
      return parseWaitStatus(buffer.toString('latin1', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
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
