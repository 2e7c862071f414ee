import { posix } from 'node:path';
import type { ClassAd } from '#classad/class-ad.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import type { LoggedJob } from './log-event.ts';
import { type LogEvent, logEvents } from './log-event.ts';

/** Events of one job that a log should contain. */
export interface LogEntry {
  readonly job: string;
  readonly cluster: number;
  readonly events: readonly LogEvent[];
}

/** Events to be written into logs, in order, sorted by log. */
export class LogEntries {
  readonly #host: string;
  readonly #byPath = new Map<string, LogEntry[]>();

  /** @param host the address of the pool, as logs show it */
  constructor(host: string) {
    this.#host = host;
  }

  get byPath(): ReadonlyMap<string, readonly LogEntry[]> {
    return this.#byPath;
  }

  add(view: JobView, event: JobEvent): void {
    const log = logOf(view, this.#host);
    const events = log === undefined ? [] : logEvents(event, log.job);
    if (log === undefined || events.length === 0) return;
    const entries = this.#byPath.get(log.path) ?? [];
    entries.push({ job: view.id, cluster: Number(view.id.split('.')[0]), events });
    this.#byPath.set(log.path, entries);
  }
}

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
