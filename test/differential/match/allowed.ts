import type { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from '#match/resources.ts';
import type { Oracle, Question } from '../oracle.ts';

/** A job, a slot, and what is free of the slot. */
export interface Pair {
  readonly job: ClassAd;
  readonly slot: ClassAd;
  readonly free: Resources;
}

/** A request, its smallest amount, and what HTCondor's MODIFY_REQUEST_EXPR_REQUEST… make of it at their defaults. GPUs are whole. */
const requests = [
  { least: 1, size: 'quantize(RequestCpus,{ 1 })' },
  { least: 128, size: 'quantize(RequestMemory,{ 128 })' },
  { least: 1024, size: 'quantize(RequestDisk,{ 1024 })' },
  { least: 0, size: 'ceiling(RequestGPUs)' },
] as const;

/** All of them as one string; -1 for one that has no value. */
const sizes = `join(",",${requests
  .map(({ size }) => `string(ifThenElse(isUndefined(${size}) || isError(${size}),-1,${size}))`)
  .join(',')})`;

/**
 * Whether HTCondor's library says that the ads match each other, and that the slot has what its startd would take of it. The size
 * of a request that has none is the smallest.
 */
export async function allowedByHtcondor(
  oracle: Pick<Oracle, 'askAll'>,
  pairs: readonly Pair[],
): Promise<readonly boolean[]> {
  const textOf = remembering(textOfAd);
  const questions = pairs.flatMap(({ job, slot }): Question[] => [
    ['m', textOf(job), textOf(slot)],
    ['e', sizes, textOf(job), textOf(slot)],
  ]);
  const answers = await oracle.askAll(questions);
  return pairs.map(({ free }, index) => answers[2 * index] === true && fits(answers[2 * index + 1], free));
}

/** The Rank of the job on the slot, as HTCondor's negotiator takes it: 0 if it is no number. */
export async function rankByHtcondor(
  oracle: Pick<Oracle, 'askAll'>,
  pairs: readonly Pair[],
): Promise<readonly number[]> {
  const textOf = remembering(textOfAd);
  const answers = await oracle.askAll(
    pairs.map(({ job, slot }): Question => ['e', 'real(Rank)', textOf(job), textOf(slot)]),
  );
  return answers.map((answer) => {
    const rank = Number(answer);
    return Number.isNaN(rank) ? 0 : rank;
  });
}

function remembering(print: (ad: ClassAd) => string): (ad: ClassAd) => string {
  const texts = new Map<ClassAd, string>();
  return (ad) => {
    const text = texts.get(ad) ?? print(ad);
    texts.set(ad, text);
    return text;
  };
}

function textOfAd(ad: ClassAd): string {
  const attributes = Object.entries(ad.flatten().toTexts()).map(([name, text]) => `${name} = ${text}`);
  return `[ ${attributes.join('; ')} ]`;
}

function fits(taken: unknown, { cpus, memory, disk, gpus }: Resources): boolean {
  const sizesTaken = String(taken).replaceAll('"', '').split(',');
  if (sizesTaken.length !== requests.length) throw new Error(`no sizes: ${String(taken)}`);
  const offered = [cpus, memory, disk, gpus];
  return requests.every(
    ({ least }, index) => Math.max(least, Number(sizesTaken[index])) <= (offered[index] ?? 0),
  );
}
