import { GlideinError } from '#base/error.ts';
import type { Attributes } from '../attributes/given-value.ts';
import type { LiveRow } from '../language/macro-expansion.ts';
import { fitsEveryProc, procPlaceholder, substituteProc } from '../language/proc-number.ts';
import type { ProcMaker, SubmitProc } from './proc-maker.ts';

/** The procs of a `queue` statement without items, as one: `$(ProcId)` stands for the number of each. */
export interface Series {
  readonly count: number;
  readonly proc: SubmitProc;
}

/** Two numbers that are unlikely to stand in a submit file. */
const standIns = [618_033_988, 271_828_182] as const;

/**
 * How many procs are compared, from the first one on: the numbers to which some commands give a meaning of their own (signals,
 * limits, none) are smaller.
 */
const comparedFromFirst = 300;

/** The row of a proc of a statement without items. */
export const rowOf = (proc: number): LiveRow => [String(proc), String(proc), '0', ''];

/**
 * The procs as a series, if they are one: if their commands differ only by numbers that are inserted as they are, and if what
 * is made of them differs only in the same way. The latter is found out by making two procs with unlikely numbers, and is
 * verified with the first few hundred procs, the last, and those where numbers become longer.
 * @returns undefined if they must be made one by one
 */
export function seriesOf(maker: ProcMaker, count: number): Series | undefined {
  if (!maker.onlyInserts) return undefined;
  try {
    const [proc, other] = standIns.map((number) => withPlaceholder(maker.make(rowOf(number)), number));
    if (proc === undefined || !isSame(proc, other) || !fits(proc)) return undefined;
    for (const number of compared(count))
      if (!isSame(procOf(proc, number), maker.make(rowOf(number)))) return undefined;
    return { count, proc };
  } catch (error) {
    // Making them one by one reports it with the first proc that has it, or succeeds.
    if (error instanceof GlideinError) return undefined;
    throw error;
  }
}

/** The proc of a series with this number. */
export const procOf = ({ attributes, inputs }: SubmitProc, number: number): SubmitProc => ({
  attributes: mapped(attributes, (text) => substituteProc(text, number)),
  inputs,
});

/** @returns undefined for texts in which the placeholder would mean something else */
function withPlaceholder({ attributes, inputs }: SubmitProc, number: number): SubmitProc | undefined {
  if (Object.values(attributes).some((text) => text.includes(procPlaceholder))) return undefined;
  const own = mapped(attributes, (text) => text.replaceAll(String(number), procPlaceholder));
  // With a dollar sign before it, it would look like a reference to the slot.
  if (Object.values(own).some((text) => text.includes(`$${procPlaceholder}`))) return undefined;
  return { attributes: own, inputs };
}

const mapped = (attributes: Attributes, change: (text: string) => string): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name, change(text)]));

const isSame = (one: SubmitProc, other: SubmitProc | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const fits = ({ attributes }: SubmitProc): boolean => Object.values(attributes).every(fitsEveryProc);

function compared(count: number): Set<number> {
  const numbers = new Set([count - 1]);
  for (let number = 0; number < comparedFromFirst; number += 1) numbers.add(number);
  for (const base of [2, 10])
    for (let power = base; power <= count; power *= base)
      for (const number of [power - 1, power, power + 1]) numbers.add(number);
  return new Set([...numbers].filter((number) => number < count));
}
