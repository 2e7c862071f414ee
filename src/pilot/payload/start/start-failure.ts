import { constants } from 'node:os';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Outcome } from '#wire/outcome.ts';

type StartFailed = Extract<Outcome, { kind: 'startFailed' }>;
type Fault = Pick<StartFailed, 'blame' | 'holdCode'>;

const { errno } = constants;

const badImage: Fault = { blame: 'job', holdCode: holdCodes.invalidImage };
const badCommand: Fault = { blame: 'job', holdCode: holdCodes.failedToCreateProcess };
const badPilot: Fault = { blame: 'pilot', holdCode: holdCodes.failedToCreateProcess };

/**
 * What apptainer (1.4) writes to stderr, and whose fault that is. The first match counts. Whatever is not named here is the
 * pilot's fault, because a job is held only for what is certainly its own. **A new rule for start errors goes here.**
 */
const faults: readonly (readonly [RegExp, Fault])[] = [
  // If a node lost its file system or its disk, that is not the image's fault.
  [/no space left|input\/output error|transport endpoint|too many levels of symbolic links/i, badPilot],
  [/user namespace|uid map|unknown userid|mount proc filesystem/i, badPilot],
  [/could not open image|image format not recognized|squashfs/i, badImage],
  [/doesn't exist in container|stat \/bin\/sh: no such file/i, badImage],
  [/exec format error/i, badImage],
  [/executable file not found|^FATAL:\s+stat .*no such file|^FATAL:\s+permission denied/im, badCommand],
];

/**
 * Why the payload's own first instruction never ran, though the container came up.
 * @param reason see `explainCommand`
 * @param code what the shell returned
 */
export const commandFailure = (reason: string, code: number | null): StartFailed => ({
  kind: 'startFailed',
  ...badCommand,
  subcode: code === 126 ? errno.EACCES : errno.ENOENT,
  reason: truncate(reason, 1000),
});

/**
 * Why the container never came up.
 * @param stderr the beginning of what apptainer wrote
 */
export function containerFailure(code: number | null, stderr: string): StartFailed {
  const line = fatalLine(stderr);
  const fault = faults.find(([pattern]) => pattern.test(line))?.[1] ?? badPilot;
  const said = line === '' ? `apptainer exited with code ${code} and printed nothing` : line;
  return { kind: 'startFailed', ...fault, reason: truncate(`the container did not start: ${said}`, 1000) };
}

function fatalLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^(FATAL|ERROR)/.test(line)) ?? lines.at(-1) ?? '';
}
