import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { GlideinError } from '#base/error.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { whyUnreadable } from './read-description.ts';

/** The kernel ignores what is beyond this in a first line. */
const firstLineBytes = 128;

/**
 * Checks every program that travels with the jobs, as condor_submit does, even in a dry run.
 * @returns warnings about scripts with DOS line ends, if `allowCrlf`
 * @throws GlideinError NotFound, or InvalidSubmitFile for one that cannot be run
 */
export function checkExecutables({ procs }: SubmitDescription, allowCrlf: boolean): string[] {
  const paths = new Set(
    procs.flatMap(({ inputs }) => inputs.flatMap(({ path, executable }) => (executable ? [path] : []))),
  );
  return [...paths].flatMap((path) => checkExecutable(path, allowCrlf));
}

function checkExecutable(path: string, allowCrlf: boolean): string[] {
  const { isEmpty, firstLine } = look(path);
  if (isEmpty) {
    throw new GlideinError('InvalidSubmitFile', `the executable ${path} is empty`, {
      cure: 'name the program; nothing was submitted',
    });
  }
  if (!/^#!.*\r\n/.test(firstLine)) return [];
  const what = `the script ${path} has DOS line ends (CRLF), so its interpreter would not be found`;
  if (allowCrlf) return [what];
  throw new GlideinError('InvalidSubmitFile', what, {
    cure: 'convert it with dos2unix, or add -allow-crlf-script; nothing was submitted',
  });
}

function look(path: string): { isEmpty: boolean; firstLine: string } {
  try {
    const found = statSync(path);
    if (!found.isFile()) return { isEmpty: false, firstLine: '' };
    return { isEmpty: found.size === 0, firstLine: firstBytes(path) };
  } catch (cause) {
    const why = whyUnreadable(cause);
    if (why === undefined) throw cause;
    throw new GlideinError('NotFound', `the executable ${path} ${why}`, {
      cause,
      cure: 'correct executable, or write transfer_executable = false for one that is in the image; nothing was submitted',
    });
  }
}

function firstBytes(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(firstLineBytes);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, firstLineBytes, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * Marks jobs whose program does not travel as running the program of their image: an input of the same name must not run
 * instead. condor_submit does not write this attribute, because there a job never has both.
 */
export function withImagePrograms(description: SubmitDescription): SubmitDescription {
  const { cluster, procs } = description;
  const isOfImage = procs.map(({ inputs }) => !inputs.some(({ executable }) => executable));
  const says = { TransferExecutable: 'false' };
  if (!isOfImage.includes(true)) return description;
  if (!isOfImage.includes(false)) return { ...description, cluster: { ...cluster, ...says } };
  const told = procs.map((proc, at) =>
    isOfImage[at] ? { ...proc, attributes: { ...proc.attributes, ...says } } : proc,
  );
  return { ...description, procs: told };
}
