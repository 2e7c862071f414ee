import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import { type LogEvent, logEvents } from './log-event.ts';
import { logOf } from './logged-job.ts';

/** What a log is to have of one job. */
export interface LogEntry {
  readonly job: string;
  readonly cluster: number;
  readonly events: readonly LogEvent[];
}

/** Events on their way into logs, in their order. */
export class LogEntries {
  readonly #host: string;
  readonly #byPath = new Map<string, LogEntry[]>();

  /** @param host where the pool is, as logs say it */
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
