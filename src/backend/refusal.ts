import { type ErrorCode, GlideinError } from '#base/error.ts';

/** What a pool answers when it refuses what it is told of one pilot. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'Forbidden',
  'NotFound',
  'InvalidArgument',
  'Conflict',
  'TooLarge',
  'Internal',
]);

/** Whether an error is the pool's answer on one pilot; every other error concerns all of them, as that it is away. */
export const isRefusal = (error: unknown): error is GlideinError =>
  error instanceof GlideinError && refusals.has(error.code);
