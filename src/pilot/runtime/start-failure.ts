import { holdCodes } from '#wire/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';

type StartFailed = Extract<Outcome, { kind: 'startFailed' }>;
type Fault = Pick<StartFailed, 'blame' | 'holdCode'>;

const badImage: Fault = { blame: 'job', holdCode: holdCodes.invalidImage };
const badCommand: Fault = { blame: 'job', holdCode: holdCodes.failedToCreateProcess };
const badPilot: Fault = { blame: 'pilot', holdCode: holdCodes.failedToCreateProcess };

/**
 * What apptainer writes to stderr (1.4) and whose fault that is; the first that fits wins. Whatever is not named here
 * is the pilot's: a job is held only for what is surely its own.
 */
const faults: readonly (readonly [RegExp, Fault])[] = [
  // A node that lost its file system or its disk is no fault of the image.
  [/no space left|input\/output error|transport endpoint|too many levels of symbolic links/i, badPilot],
  [/cannot allocate memory|temporarily unavailable|too many open files|read-only|quota|stale/i, badPilot],
  [/user namespace|uid map|unknown userid|mount proc filesystem/i, badPilot],
  [/could not open image|image format not recognized|squashfs/i, badImage],
  [/argument list too long/i, badCommand],
  [/doesn't exist in container|\/bin\/sh: no such file|^FATAL:\s+is a directory/im, badImage],
  [/exec format error/i, badImage],
  [/executable file not found|^FATAL:\s+stat .*no such file|^FATAL:\s+permission denied/im, badCommand],
];

/**
 * Why the payload's own first instruction never ran, though the container came up.
 * @param reason see `explainCommand`
 */
export const commandFailure = (reason: string): StartFailed => ({
  kind: 'startFailed',
  ...badCommand,
  reason: reason.slice(0, 1000),
});

/**
 * Why the container never came up.
 * @param stderr the beginning of what apptainer wrote
 */
export function containerFailure(code: number | null, stderr: string): StartFailed {
  const line = fatalLine(stderr);
  const shellFailed = isShellFailure(code, stderr);
  const fault = faults.find(([pattern]) => pattern.test(line))?.[1] ?? (shellFailed ? badImage : badPilot);
  const ended = `${shellFailed ? "the image's /bin/sh" : 'apptainer'} ended with code ${code}`;
  const silent = line === '' ? `${ended} and said nothing` : line;
  const said = shellFailed && line !== '' ? `${ended}: ${line}` : silent;
  return { kind: 'startFailed', ...fault, reason: `the container did not start: ${said}`.slice(0, 1000) };
}

/** Apptainer's own failures say FATAL or ERROR, and end with 255; where Go itself breaks down, it says so as well. */
const ofApptainer = /^(FATAL|ERROR)|^(panic|fatal error|runtime[^:]*|SIG[A-Z]+): /m;

/**
 * Whether the container came up and its shell could not run: a library that is missing, or that the job's environment
 * puts in the place of another. Of signals only SIGSEGV is surely not the machine's.
 */
const isShellFailure = (code: number | null, stderr: string): boolean =>
  code !== null && ((code > 0 && code < 128) || code === 128 + 11) && !ofApptainer.test(stderr);

function fatalLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^(FATAL|ERROR)/.test(line)) ?? lines.at(-1) ?? '';
}
