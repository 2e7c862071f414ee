import { constants } from 'node:os';

const numbers: Readonly<Record<string, number | undefined>> = constants.signals;

/** The number of a signal, by its name. Signals without a name, such as real-time signals, are called `SIG34`. */
export const signalNumber = (signal: string): number =>
  numbers[signal] ?? Number(/^SIG([0-9]{1,3})$/.exec(signal)?.[1] ?? 0);
