import type * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { longestName, longestText } from '#wire/ad-texts.ts';
import { digestForm, isRelativePath } from '#wire/file.ts';
import { lastOfEachName } from '#wire/inputs.ts';
import { mostInputs, submitProc } from '#wire/jobs.ts';
import type { ProcDifferences } from '../jobs/packed-procs.ts';
import { withoutOwned } from './normal-form.ts';

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Whether a proc of a request is already as the pool keeps it, apart from the names of its attributes. Written by hand, since
 * a schema library would take most of the time of a large submit.
 */
export function isNormal(proc: unknown): proc is ProcDifferences {
  if (!isFields(proc)) return false;
  for (const field in proc) if (field !== 'attributes' && field !== 'inputs') return false;
  const { attributes, inputs } = proc;
  return isFields(attributes) && Array.isArray(inputs) && areTexts(attributes) && areInputs(inputs);
}

export function areTexts(attributes: Fields): boolean {
  for (const name in attributes) {
    const text = attributes[name];
    if (typeof text !== 'string' || text.length > longestText || name.length > longestName) return false;
  }
  return true;
}

const areInputs = (inputs: readonly unknown[]): boolean =>
  inputs.length === 0 ||
  (inputs.length <= mostInputs &&
    inputs.every(isFile) &&
    (inputs.length === 1 || lastOfEachName(inputs as never) === inputs));

type Check = (value: unknown) => boolean;

/** What each field of an input must be; those that may be absent accept undefined. */
const fileFields: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['name', (value) => typeof value === 'string' && isRelativePath(value)],
  ['digest', (value) => typeof value === 'string' && digestForm.test(value)],
  ['size', (value) => Number.isSafeInteger(value) && Number(value) >= 0],
  ['executable', (value) => typeof value === 'boolean'],
  ['mode', (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0o777],
  ['emptyFolder', (value) => typeof value === 'boolean'],
]);

function isFile(file: unknown): boolean {
  if (!isFields(file)) return false;
  for (const field in file) if (fileFields.get(field)?.(file[field]) !== true) return false;
  const { name, digest, size, executable } = file;
  return name !== undefined && digest !== undefined && size !== undefined && executable !== undefined;
}

/**
 * A proc of a request as the pool keeps it: without unknown fields and attributes that only the pool may set, and with one input
 * of each name.
 * @param at where in the request it is, such as `procs.3`
 * @throws GlideinError InvalidArgument naming the field
 */
export function readProc(proc: unknown, at: string): ProcDifferences {
  const { attributes, inputs } = parseAs(submitProc, proc, at);
  return { attributes: withoutOwned(attributes), inputs: lastOfEachName(inputs) };
}

/** The validated part of a request. @throws GlideinError InvalidArgument naming the field */
export function parseAs<T>(shape: z.ZodType<T>, value: unknown, at?: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const within = at === undefined ? [] : [at];
  throw new GlideinError('InvalidArgument', issueInWords(parsed.error, 'the request', within));
}
