import type * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { boundSentence } from '#wire/bound-sentence.ts';

/** Characters of a name that a refusal repeats. */
const longestName = 80;

/**
 * The validated body or query of a request.
 * @param at where in the request the value is
 * @throws GlideinError InvalidArgument naming the field
 */
export function parseBody<T>(shape: z.ZodType<T>, value: unknown, at = ''): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map((name) => truncate(String(name), longestName)) ?? [];
  const field = [...(at === '' ? [] : [at]), ...path].join('.');
  const why = issue === undefined ? 'is not valid' : (boundSentence(issue) ?? issue.message);
  throw new GlideinError('InvalidArgument', `${field === '' ? 'the request' : field}: ${why}`);
}
