import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import { type LogEvent, logEvents } from './log-event.ts';
import { logOf } from './logged-job.ts';

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
