import fc from 'fast-check';
import { type Answer, crashed, type Oracle } from '../oracle.ts';
import { questionOf } from './answers.ts';
import { type Case, cases } from './expressions.ts';
import { type KnownDifference, knownDifferences } from './known-differences.ts';

/** A case that means something else here than there, made as small as possible. */
export interface Difference extends Case {
  readonly theirs: Answer;
  readonly ours: Answer;
}

export type Respond = (given: Case) => Answer;

/** Why an answer differs: `same`, a row of the table, or undefined for a difference that must not be. */
export function judge(given: Case, theirs: Answer, ours: Answer): 'same' | KnownDifference | undefined {
  if (theirs === ours || theirs === crashed) return 'same';
  return knownDifferences.find((known) => known.covers(given, theirs, ours));
}

export interface Comparison {
  readonly count: number;
  readonly differences: readonly Difference[];
  /** How often each row of the table was met. */
  readonly known: ReadonlyMap<KnownDifference, number>;
  /** Cases that do not parse, for both. */
  readonly unparsed: number;
}

/** Asks the oracle, and `respond`, what each case means. */
export async function compareAll(
  given: readonly Case[],
  oracle: Oracle,
  respond: Respond,
): Promise<Comparison> {
  const answers = await oracle.askAll(given.map(questionOf));
  const differences: Difference[] = [];
  const known = new Map<KnownDifference, number>();
  for (const [index, one] of given.entries()) {
    const theirs = answers[index] ?? null;
    const ours = respond(one);
    const verdict = judge(one, theirs, ours);
    if (verdict === undefined) differences.push({ ...one, theirs, ours });
    else if (verdict !== 'same') known.set(verdict, (known.get(verdict) ?? 0) + 1);
  }
  return {
    count: given.length,
    differences,
    known,
    unparsed: answers.filter((answer) => answer === null).length,
  };
}

/** Random cases: the same ones for the same seed. */
export function randomCases(count: number, seed: number): Case[] {
  return fc.sample(cases, { numRuns: count, seed });
}

/** The smallest case that still differs, found from the random case `index` of `seed`. */
export async function shrink(
  seed: number,
  index: number,
  oracle: Oracle,
  respond: Respond,
): Promise<Difference | undefined> {
  const differs = async (one: Case) =>
    judge(one, await oracle.ask(questionOf(one)), respond(one)) === undefined;
  const property = fc.asyncProperty(cases, async (one) => !(await differs(one)));
  const { counterexample } = await fc.check(property, { seed, path: String(index), numRuns: 1 });
  const one = counterexample?.[0];
  if (one === undefined) return undefined;
  return { ...one, theirs: await oracle.ask(questionOf(one)), ours: respond(one) };
}
