import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import type { ServiceResult } from '#spec/services/result.ts';

/** A value that a service has found out. */
export type ResultValue = number | string | boolean;

/** Values by the attribute that advertises them, and when they were found, in epoch milliseconds. */
export const foundResults = z.object({
  at: z.number(),
  values: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});

export type FoundResults = z.infer<typeof foundResults>;

/** What a service has left behind, as far as results are read from it. */
export interface Remains {
  /** The content of a file in its directory; undefined if there is none. */
  readonly file: (name: string) => Promise<string | undefined>;
  /** What the group of the pattern was in the last line that matched. */
  readonly matched: (pattern: string) => string | undefined;
}

/** The most characters of a value. */
const longest = 1024;

/**
 * The results of a service that has ended with 0.
 * @throws GlideinError RuntimeFailed when one is not there: the service has not done what it is for
 */
export async function readResults(
  results: readonly ServiceResult[],
  remains: Remains,
): Promise<Readonly<Record<string, ResultValue>>> {
  const values = await Promise.all(
    results.map(async (result) => [result.attribute, await resultIn(result, remains)] as const),
  );
  return Object.fromEntries(values);
}

async function resultIn({ file, key, pattern }: ServiceResult, remains: Remains): Promise<ResultValue> {
  if (pattern !== undefined) {
    const text = remains.matched(pattern);
    if (text !== undefined) return spoken(text);
    throw lacking(`no line of its output matches ${pattern}`);
  }
  const value = memberOf(await remains.file(file ?? ''), key);
  if (value !== undefined) return value;
  throw lacking(`its file ${file} has no number, text or truth value "${key}"`);
}

function memberOf(text: string | undefined, key: string): ResultValue | undefined {
  try {
    const value: unknown = z.record(z.string(), z.unknown()).parse(JSON.parse(text ?? ''))[key];
    if (typeof value === 'string') return value.slice(0, longest);
    return typeof value === 'boolean' || Number.isFinite(value) ? (value as boolean | number) : undefined;
  } catch {
    return undefined;
  }
}

/** What looks like a number is one. */
function spoken(text: string): ResultValue {
  const number = Number(text);
  return text.trim() !== '' && Number.isFinite(number) ? number : text.slice(0, longest);
}

const lacking = (what: string): GlideinError =>
  new GlideinError('RuntimeFailed', `it left no result: ${what}`);
