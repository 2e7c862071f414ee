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
 * | has only an exit code, and it is not 0                   | the job                           |
 * | is killed, or too slow                                   | the way: it is tried again        |
 * | leaves more bytes than the job may have                  | the job                           |
 * | cannot be executed, has too many processes, says nothing | the plug-in: GlideinError         |
 */
export function failureOf(outcome: PlugInOutcome): Error | undefined {
  const { end, answers, transfers } = outcome;
  if (end.excess !== undefined) return tooMuch(end.excess, outcome);
  const failed = answers?.find(({ succeeded }) => !succeeded);
  if (failed !== undefined) return failureSaid(failed, outcome);
  if (end.signal !== null) return new UrlFailure(`the plug-in was killed by ${end.signal}`, true);
  if (end.code !== 0) return failedWithout(answers, outcome);
  if (answers === undefined || answers.length >= transfers.length) return undefined;
  const missing = transfers.length - answers.length;
  return brokenPlugIn(outcome.program, `it says nothing of ${missing === 1 ? 'a file' : `${missing} files`}`);
}

export const brokenPlugIn = (program: string, why: string): GlideinError =>
  new GlideinError('RuntimeFailed', `the plug-in ${program} does not work: ${why}`);

function failureSaid({ url, error, mayPass }: PlugInAnswer, outcome: PlugInOutcome): UrlFailure {
  const about = url === undefined ? '' : ` of ${shownUrl(url)}`;
  const words = withoutSecrets(error ?? outcome.printed, outcome.transfers);
  return new UrlFailure(`the plug-in ${basename(outcome.program)} says${about}: ${words}`, mayPass);
}

/** What a shell ends with that cannot execute a program. */
const notExecuted: ReadonlySet<number | null> = new Set([126, 127]);

function failedWithout(
  answers: PlugInOutcome['answers'],
  { program, end, printed, transfers }: PlugInOutcome,
): Error {
  const words = printed === '' ? '' : `: ${withoutSecrets(printed, transfers)}`;
  const how = `it ended with ${end.code}${words}`;
  return answers === undefined && !notExecuted.has(end.code)
    ? new UrlFailure(`the plug-in ${basename(program)} failed: ${how}`, false)
    : brokenPlugIn(program, how);
}

function tooMuch(excess: NonNullable<PlugInEnd['excess']>, { limits, program }: PlugInOutcome): Error {
  switch (excess) {
    case 'speed':
      return new UrlFailure(`the plug-in moved fewer than ${limits.slowest} bytes a second`, true);
    case 'bytes':
      return new UrlFailure('it is larger than what is left of request_disk', false);
    case 'processes':
      return brokenPlugIn(program, `it had more than ${limits.processes} processes`);
  }
}

/** A plug-in may repeat a URL, with the signature that it contains. */
function withoutSecrets(text: string, transfers: readonly PlugInTransfer[]): string {
  let safe = text;
  for (const { url } of transfers) safe = safe.replaceAll(url, shownUrl(url));
  return safe;
}
