import { basename } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { shownUrl } from '#wire/inputs.ts';
import type { PlugInAnswer, PlugInTransfer } from './plug-in-answers.ts';
import type { PlugInEnd, PlugInLimits } from './plug-in-run.ts';
import { UrlFailure } from './url-failure.ts';

/** One run of a plug-in, when it is over. */
export interface PlugInOutcome {
  readonly program: string;
  readonly transfers: readonly PlugInTransfer[];
  readonly end: PlugInEnd;
  /** Undefined: one of those that only have an exit code. */
  readonly answers: readonly PlugInAnswer[] | undefined;
  /** The last words on its standard error. */
  readonly printed: string;
  readonly limits: PlugInLimits;
}

/**
 * Why a run did not transfer all files; undefined: it did.
 *
 * | the plug-in …                                            | fault of                          |
 * |----------------------------------------------------------|-----------------------------------|
 * | says of a URL that it failed                             | the job, or the way if it may pass|
 * | is killed, or too slow                                   | the way: it is tried again        |
 * | leaves more bytes than the job may have                  | the job                           |
 * | crashes, says nothing, has too many processes            | the job, as in HTCondor           |
 * | cannot be executed                                       | the plug-in: GlideinError         |
 *
 * It answered when the pilot started, so a plug-in that crashes does so because of what it was given: a URL that
 * crashed it on every pilot would otherwise drain one after the other.
 */
export function failureOf(outcome: PlugInOutcome): Error | undefined {
  const { end, answers, transfers } = outcome;
  if (end.excess !== undefined) return tooMuch(end.excess, outcome);
  const failed = answers?.find(({ succeeded }) => !succeeded);
  if (failed !== undefined) return failureSaid(failed, outcome);
  if (end.signal !== null) return new UrlFailure(`the plug-in was killed by ${end.signal}`, true);
  if (end.code !== 0) return failedWithout(outcome);
  if (answers === undefined || answers.length >= transfers.length) return undefined;
  const missing = transfers.length - answers.length;
  return crashed(outcome.program, `it says nothing of ${missing === 1 ? 'a file' : `${missing} files`}`);
}

/** It is there, and did not do what it was asked for. */
export const crashed = (program: string, why: string): UrlFailure =>
  new UrlFailure(`the plug-in ${basename(program)} failed: ${why}`, false);

export const brokenPlugIn = (program: string, why: string): GlideinError =>
  new GlideinError('RuntimeFailed', `the plug-in ${program} does not work: ${why}`);

function failureSaid({ url, error, mayPass }: PlugInAnswer, outcome: PlugInOutcome): UrlFailure {
  const about = url === undefined ? '' : ` of ${shownUrl(url)}`;
  const words = withoutSecrets(error ?? outcome.printed, outcome.transfers);
  return new UrlFailure(`the plug-in ${basename(outcome.program)} says${about}: ${words}`, mayPass);
}

/** What a shell ends with that cannot execute a program. */
const notExecuted: ReadonlySet<number | null> = new Set([126, 127]);

function failedWithout({ program, end, printed, transfers }: PlugInOutcome): Error {
  const words = printed === '' ? '' : `: ${withoutSecrets(printed, transfers)}`;
  const how = `it ended with ${end.code}${words}`;
  return notExecuted.has(end.code) ? brokenPlugIn(program, how) : crashed(program, how);
}

function tooMuch(excess: NonNullable<PlugInEnd['excess']>, { limits, program }: PlugInOutcome): Error {
  switch (excess) {
    case 'speed':
      return new UrlFailure(`the plug-in moved fewer than ${limits.slowest} bytes a second`, true);
    case 'bytes':
      return new UrlFailure('it is larger than what is left of request_disk', false);
    case 'processes':
      return crashed(program, `it had more than ${limits.processes} processes`);
  }
}

/** A plug-in may repeat a URL, with the signature that it contains. */
function withoutSecrets(text: string, transfers: readonly PlugInTransfer[]): string {
  let safe = text;
  for (const { url } of transfers) safe = safe.replaceAll(url, shownUrl(url));
  return safe;
}
