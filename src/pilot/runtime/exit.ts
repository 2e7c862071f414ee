import { constants } from 'node:os';
import type { Outcome } from '#wire/outcome.ts';

/** Signals that kill processes; a payload that returns 128 + any other number simply returned it. */
const deadly: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
];

const signalNames = new Map(deadly.map((name) => [constants.signals[name], name]));

/**
 * How the payload ended, from how apptainer's process did. Apptainer reports a payload killed by signal n as exit
 * code 128 + n, as shells do; a payload that itself returns such a code cannot be told apart and counts as killed.
 */
export function exitOutcome(code: number | null, signal: NodeJS.Signals | null): Outcome {
  if (signal !== null) return { kind: 'signalled', signal };
  const name = signalNames.get((code ?? 0) - 128);
  if (name !== undefined) return { kind: 'signalled', signal: name };
  return { kind: 'exited', exitCode: code ?? 0 };
}
