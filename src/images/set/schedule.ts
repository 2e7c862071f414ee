import { describeError, GlideinError } from '#base/error.ts';
import { systemCode } from '#base/system-error.ts';
import { truncate } from '#base/truncate.ts';
import type { ImageFailure } from '#spec/image-set-status.ts';

/** Lengths of time in milliseconds, of a set's schedule. */
export interface Schedule {
  readonly every: number;
  readonly retryMost: number;
}

/** Milliseconds until the first retry, unless images are looked for more often anyway. */
const firstRetry = 60_000;

/** When a tag is asked for next after an answer. Sets that were started together drift apart. */
export const afterAnswer = (now: number, { every }: Schedule, random: () => number): number =>
  now + every * (1 - random() / 10);

/** When the same is tried again that has failed so often in a row: ever later, and not all at one time. */
export function afterFailure(
  now: number,
  attempts: number,
  { every, retryMost }: Schedule,
  random: () => number,
): number {
  const whole = Math.min(retryMost, Math.min(every, firstRetry) * 2 ** Math.min(30, attempts - 1));
  return now + whole * (0.5 + random() / 2);
}

/** A failure in the words of a status, after those before it. */
export function nextFailure(error: unknown, before: ImageFailure | undefined, now: number): ImageFailure {
  return { ...codeAndReason(error), at: iso(now), attempts: (before?.attempts ?? 0) + 1 };
}

/** What people write into images ends up in reasons: nothing of it may move a terminal's cursor. */
function codeAndReason(error: unknown): Pick<ImageFailure, 'code' | 'reason'> {
  const reason = truncate(describeError(error).replace(/\p{Cc}+/gu, ' '), 1024);
  if (error instanceof GlideinError) return { code: error.code, reason };
  const isFull = ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');
  return isFull
    ? { code: 'NoSpace', reason: 'there is no space left for the image' }
    : { code: 'Internal', reason };
}

/** Whether the next check brings nothing before the author changes something, and costs one request. */
export const isOfAuthor = (code: string): boolean => code === 'NotFound' || code === 'Unauthenticated';

export const iso = (time: number): string => new Date(time).toISOString();

/** Milliseconds since the epoch; 0 if there is none. */
export const timeOf = (text: string | undefined): number => (text === undefined ? 0 : Date.parse(text) || 0);
