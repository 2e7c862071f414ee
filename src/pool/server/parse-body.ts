import type * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';

/**
 * The validated body or query of a request.
 * @param at where in the request the value is, such as `procs.3`
 * @throws GlideinError InvalidArgument naming the field
 */
export function parseBody<T>(shape: z.ZodType<T>, value: unknown, at?: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new GlideinError(
    'InvalidArgument',
    issueInWords(parsed.error, 'the request', at === undefined ? [] : [at]),
  );
}
