import type { z } from 'zod';
import { GlideinError } from '#base/error.ts';

/**
 * The validated body or query of a request.
 * @param at where in the request the value is
 * @throws GlideinError InvalidArgument naming the field
 */
export function parseBody<T>(shape: z.ZodType<T>, value: unknown, at = ''): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = [...(at === '' ? [] : [at]), ...(issue?.path.map(String) ?? [])].join('.');
  throw new GlideinError(
    'InvalidArgument',
    `${field === '' ? 'the request' : field}: ${issue?.message ?? 'is not valid'}`,
  );
}
