import { posix } from 'node:path';
import type { ClassAd } from '#classad/class-ad.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobView } from '#wire/jobs.ts';
import type { LoggedJob } from './log-event.ts';

/** The event log that a job's submit file names, and what the log says of the job; undefined for a job without a log. */
export function logOf(view: JobView, host: string): { path: string; job: LoggedJob } | undefined {
  const ad = adFromTexts(view.ad);
  const log = ad.evaluateString('UserLog');
  const directory = ad.evaluateString('Iwd') ?? '';
  const path = log === undefined ? undefined : posix.join(posix.isAbsolute(log) ? '/' : directory, log);
  if (path === undefined || !posix.isAbsolute(path) || path === '/dev/null') return undefined;
  const notes = ['SubmitEventNotes', 'SubmitEventUserNotes'].flatMap((name) => ad.evaluateString(name) ?? []);
  return { path, job: { id: view.id, host, notes, requests: requestsOf(ad) } };
}

const requestsOf = (ad: ClassAd): LoggedJob['requests'] => ({
  cpus: ad.evaluateNumber('RequestCpus') ?? 1,
  memory: ad.evaluateNumber('RequestMemory') ?? 0,
  disk: ad.evaluateNumber('RequestDisk') ?? 0,
  gpus: ad.evaluateNumber('RequestGPUs') ?? 0,
});
