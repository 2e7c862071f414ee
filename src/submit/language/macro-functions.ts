import { posix } from 'node:path';
import { didYouMean } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { arithmetic } from './arithmetic.ts';
import { clusterPlaceholder } from './cluster-number.ts';
import { submitFault } from './fault.ts';
import { fileNameParts } from './file-name-parts.ts';
import { type LogicalLine, placeAt } from './lines.ts';
import type { MacroWorld } from './macro-world.ts';
import { printNumber } from './print-number.ts';

/** A call of a macro function, to be applied to its arguments' values. */
export interface MacroFunction {
  /** Whether each proc gets a new value, even for the same arguments. */
  readonly random: boolean;
  apply(args: readonly string[]): string;
}

interface Use {
  readonly name: string;
  readonly world: MacroWorld;
  /** An error at the place of the call. */
  fault(message: string, cure?: string): Error;
  /** Warns the user about something at the place of the call. */
  note(message: string): void;
}

type Apply = (args: readonly string[], use: Use) => string;

const functions: Readonly<Record<string, Apply>> = {
  ENV: environmentVariable,
  INT: (args, use) => print(Math.trunc(numberOf(args[0], use)), args[1] ?? '%d', use),
  REAL: (args, use) => print(numberOf(args[0], use), args[1] ?? '%.16G', use),
  STRING: (args, use) => {
    if (args.length > 1) throw use.fault('a format of $STRING() is not supported', 'leave the format out');
    return args[0] ?? '';
  },
  CHOICE: (args, use) => choose(args, use),
  RANDOM_CHOICE: randomChoice,
  RANDOM_INTEGER: randomInteger,
  SUBSTR: substring,
  BASENAME: (args) => posix.basename(args[0] ?? ''),
  DIRNAME: (args) => fileNameParts(args[0] ?? '', 'p', '/'),
};

/** How many leading arguments of a function may be the bare name of a macro instead of `$(name)`. */
export function namesTaken(name: string, count: number): number {
  if (name === 'ENV' || name.startsWith('RANDOM_')) return 0;
  return name === 'CHOICE' && count === 2 ? 2 : 1;
}

/** Whether a function takes a file name: then a bare name that is not a macro is the file name itself. */
export function takesFileName(name: string): boolean {
  return /^(F[a-z]*|BASENAME|DIRNAME)$/.test(name);
}

/** The function of a call such as `$INT(x,%03d)`; errors are reported at the call. */
export function functionFor(
  call: { readonly name: string; readonly line: LogicalLine; readonly offset: number },
  world: MacroWorld,
  note: (message: string) => void,
): MacroFunction {
  const use: Use = {
    name: call.name,
    world,
    note,
    fault: (message, cure) => submitFault(placeAt(call.line, call.offset), message, cure),
  };
  const run = functions[call.name];
  return {
    random: call.name.startsWith('RANDOM_'),
    apply: (args) =>
      run === undefined ? fileNameParts(args[0] ?? '', call.name.slice(1), world.directory) : run(args, use),
  };
}

function environmentVariable(args: readonly string[], use: Use): string {
  const text = args.join(',');
  const colon = text.indexOf(':');
  const name = colon === -1 ? text : text.slice(0, colon);
  const value = Object.hasOwn(use.world.environment, name) ? use.world.environment[name] : undefined;
  if (value !== undefined) return value;
  if (colon !== -1) return text.slice(colon + 1);
  const shown = truncate(name, 40);
  const hint = name.length > 40 ? '' : didYouMean(name, Object.keys(use.world.environment));
  use.note(
    `the environment has no variable ${shown}, so this is UNDEFINED; ${hint || `write $ENV(${shown}:default)`}`,
  );
  return 'UNDEFINED';
}

function numberOf(text: string | undefined, use: Use): number {
  if (text?.includes(clusterPlaceholder)) {
    throw use.fault('the cluster number is not known yet', 'use $(Cluster) only in file names and strings');
  }
  const value = arithmetic(text ?? '');
  if (value === undefined) {
    throw use.fault(
      `"${truncate(text ?? '', 40)}" is not a number`,
      'write the name of a macro, a number or arithmetic',
    );
  }
  return value;
}

function print(value: number, format: string, use: Use): string {
  const text = printNumber(value, format);
  if (text !== undefined) return text;
  throw use.fault(`"${truncate(format, 20)}" is not a format`, 'write one such as %d, %04d or %.2f');
}

function choose(args: readonly string[], use: Use): string {
  const list =
    args.length === 2 ? (args[1] ?? '').split(/[\s,]+/).filter((item) => item !== '') : args.slice(1);
  const index = Math.trunc(numberOf(args[0], use));
  const chosen = list[index];
  if (index < 0 || chosen === undefined) {
    throw use.fault(
      `$CHOICE() has no item ${index}`,
      `write a number from 0: there are ${list.length} items`,
    );
  }
  return chosen;
}

function randomChoice(args: readonly string[], use: Use): string {
  if (args.join('') === '') throw use.fault('$RANDOM_CHOICE() has no items', 'write $RANDOM_CHOICE(a,b,c)');
  return args[Math.floor(use.world.random() * args.length)] ?? '';
}

function randomInteger(args: readonly string[], use: Use): string {
  const [low = Number.NaN, high = Number.NaN, step = 1] = args.map((arg) => Math.trunc(numberOf(arg, use)));
  if (!(low <= high && step >= 1)) {
    throw use.fault('$RANDOM_INTEGER() needs a minimum and a maximum', 'write $RANDOM_INTEGER(1,100)');
  }
  return String(low + step * Math.floor(use.world.random() * (Math.floor((high - low) / step) + 1)));
}

function substring(args: readonly string[], use: Use): string {
  const text = args[0] ?? '';
  const from = Math.trunc(numberOf(args[1], use));
  const start = from < 0 ? Math.max(0, text.length + from) : from;
  if (args[2] === undefined) return text.slice(start);
  const length = Math.trunc(numberOf(args[2], use));
  return length < 0 ? text.slice(start, length) : text.slice(start, start + length);
}
