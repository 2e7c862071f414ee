import { constants } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import type { FaultClass } from '../claim/fault-class.ts';
import { faultIn, type PayloadFault } from '../claim/payload-fault.ts';

const { errno } = constants;

/**
 * What apptainer (1.4) writes to stderr, and whose fault that is. The first match counts. Whatever is not named here is the
 * node's fault, because a job is held only for what is certainly its own. **A new rule for start errors goes here.**
 */
const faults: readonly (readonly [RegExp, FaultClass])[] = [
  // If a node lost its file system or its disk, that is not the image's fault. Go has words of its own for ELOOP.
  [/no space left|input\/output error|transport endpoint|too many (levels of symbolic )?links/i, 'node'],
  [/stale file handle|read-only file system|cannot allocate memory|too many open files/i, 'node'],
  // Only image files need FUSE: a program and a device. Where these do not work, apptainer tries to unpack the file.
  [/\/dev\/fuse|exited: fuse:|^FATAL:\s+while extracting/im, 'node'],
  [/user namespace|uid map|mount proc filesystem|network (namespace|setup)|max_net_namespaces/i, 'node'],
  [/unknown userid|mount source .* doesn't exist|^Error for command/im, 'configuration'],
  [/could not open image|image format not recognized|squashfs/i, 'image'],
  [/doesn't exist in container|stat \/bin\/sh: no such file/i, 'image'],
  [/exec format error/i, 'image'],
  [/executable file not found|^FATAL:\s+stat .*no such file|^FATAL:\s+permission denied/im, 'user'],
  // A variable takes at most 128 KiB.
  [/argument list too long/i, 'user'],
];

/**
 * Why the payload's own first instruction never ran, though the container came up.
 * @param reason see `explainCommand`
 * @param code what the shell returned
 */
export const commandFailure = (reason: string, code: number | null): PayloadFault =>
  faultIn('user', reason, code === 126 ? errno.EACCES : errno.ENOENT);

/**
 * Why the container never came up.
 * @param stderr the beginning of what apptainer wrote
 */
export function containerFailure(code: number | null, stderr: string): PayloadFault {
  const line = fatalLine(stderr);
  const fault = faults.find(([pattern]) => pattern.test(line))?.[1] ?? 'node';
  const said = line === '' ? `apptainer exited with code ${code} and printed nothing` : line;
  return faultIn(fault, `the container did not start: ${said}`);
}

/** Apptainer writes some lines in colour, whatever they go to. */
function fatalLine(stderr: string): string {
  const lines = stripVTControlCharacters(stderr)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.find((line) => /^(FATAL|ERROR|Error for command)/.test(line)) ?? lines.at(-1) ?? '';
}
