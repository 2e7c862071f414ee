import { type ErrorCode, GlideinError } from '#base/error.ts';

/** What a pool answers when it rejects what it is told of one pilot. */
const rejections: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'Forbidden',
  'NotFound',
  'InvalidArgument',
  'Conflict',
  'TooLarge',
  'Internal',
]);

/** Whether an error is the pool's answer on one pilot; every other error concerns all of them, as that it is away. */
export const isRejection = (error: unknown): error is GlideinError =>
  error instanceof GlideinError && rejections.has(error.code);
