import { constants } from 'node:os';

/** The signals that HTCondor knows by name, by their numbers on Linux. */
const byNumber = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  17: 'SIGCHLD',
  18: 'SIGCONT',
  19: 'SIGSTOP',
  20: 'SIGTSTP',
  21: 'SIGTTIN',
  22: 'SIGTTOU',
  23: 'SIGURG',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  27: 'SIGPROF',
  28: 'SIGWINCH',
  29: 'SIGIO',
  31: 'SIGSYS',
} as const;

/** The name of a signal that a job may ask for. */
export type SignalName = (typeof byNumber)[keyof typeof byNumber];

/** The names, in the order of the numbers. */
export const signalNames: readonly SignalName[] = Object.values(byNumber);

/** The name of a signal that a user writes by name, in any case, or by number. Undefined: there is no such signal. */
export function signalName(written: string): SignalName | undefined {
  const name: string = (byNumber as Readonly<Record<string, string>>)[written] ?? written.toUpperCase();
  return signalNames.find((known) => known === name);
}

const byName: Readonly<Record<string, number | undefined>> = constants.signals;

/** The number of a signal, by its name. Signals without a name, such as real-time signals, are called `SIG34`. */
export const signalNumber = (signal: string): number =>
  byName[signal] ?? Number(/^SIG([0-9]{1,3})$/.exec(signal)?.[1] ?? 0);
