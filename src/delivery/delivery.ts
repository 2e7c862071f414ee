import type { Clock } from '#base/clock.ts';
import { describeError, isCode } from '#base/error.ts';
import { systemReason } from '#base/system-error.ts';
import { nextEvents } from '#client/event-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { EventsAnswer, JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';
import type { DeliveryState } from './delivery-state.ts';
import { clusterPages, jobViews, jobViewsOf } from './job-views.ts';
import { LogEntries } from './log-entries.ts';
import type { LogEvent } from './log-event.ts';
import { withLogLock } from './log-lock.ts';
import { OpenLogs } from './open-logs.ts';
import { placeResults } from './place-results.ts';

export interface DeliveryOptions {
  readonly client: PoolClient;
  /** Whose jobs to deliver, for an admin; others only get events of their own jobs. */
  readonly owner?: string | undefined;
  /** Only these clusters; all of the owner's if absent. */
  readonly clusters?: readonly number[] | undefined;
  readonly state: DeliveryState;
  /** The directory of the logs' locks. */
  readonly locks: string;
  /** Gets what an owner must know, each sentence once. */
  readonly say: (sentence: string) => void;
  /** Gets the text that was appended to a log. */
  readonly onLogged?: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Delivers what happened to jobs to where their submit files say: results into files, events into logs. What cannot be
 * written now stays in the pool and will be retried.
 *
 * **Gotchas.** It may stop anywhere and continue later, and `glidein wait` and `glidein up` may deliver the same job at the
 * same time. So everything that it does must be repeatable: a result replaces a file whole, and only events that a log lacks
 * are appended.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #said = new Set<string>();
  readonly #logs = new OpenLogs();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Whether something has not been written yet because it could not be. */
  get isWaiting(): boolean {
    return this.#options.state.isWaiting;
  }

  /**
   * Waits up to `wait` seconds for new events, and delivers them.
   * @returns the events; `isAll` when there are no more for now
   * @throws GlideinError when the pool does not answer; nothing is lost then
   */
  async next(wait: number): Promise<EventsAnswer> {
    const { client, owner, clusters, state, signal } = this.#options;
    const page = await nextEvents(client, { after: state.after, owner, clusters, wait, signal });
    if (state.isOtherGeneration(page.generation)) {
      await state.startOver(page.generation);
      return { ...page, events: [], isAll: false };
    }
    try {
      await this.#take(page.events);
      await state.advance(page.generation, page.through);
    } catch (error) {
      // The same page will be requested again, so the logs must be compared with it from their beginning.
      this.#logs.forget();
      throw error;
    }
    return page;
  }

  /** Retries what could not be written. */
  async retry(): Promise<void> {
    const { state } = this.#options;
    for (const [job, endedAt] of state.results) {
      const [view] = await jobViews(this.#options, job);
      if (view === undefined || (await this.#place(view, endedAt))) state.forgetResults(job);
    }
    for (const cluster of state.clusters) {
      if (await this.#placeCluster(cluster)) state.forgetCluster(cluster);
    }
    for (const cluster of state.logs) {
      if (await this.#logAll(cluster)) state.forgetLog(cluster);
    }
    await state.save();
  }

  /** @returns false as soon as more jobs cannot be written than can be remembered by name */
  async #placeCluster(cluster: number): Promise<boolean> {
    const { state } = this.#options;
    for await (const events of this.#eventsOf(cluster)) {
      await this.#placeAll(events);
      if (!state.hasRoom) return false;
    }
    return true;
  }

  /** The events of a cluster that were received so far. */
  async *#eventsOf(cluster: number): AsyncGenerator<readonly JobEvent[]> {
    const { client, owner, state, signal } = this.#options;
    for (let after = 0; after < state.after; ) {
      const page = await nextEvents(client, { after, owner, clusters: [cluster], signal });
      yield page.events.filter(({ seq }) => seq <= state.after);
      if (page.isAll) break;
      after = page.through;
    }
  }

  async #take(events: readonly JobEvent[]): Promise<void> {
    const { state } = this.#options;
    await this.#placeAll(events);
    for (const cluster of await this.#log(events)) state.rememberLog(cluster);
  }

  /** Places each job's results once, for its latest end: the pool no longer has those of earlier ends. */
  async #placeAll(events: readonly JobEvent[]): Promise<void> {
    const { state } = this.#options;
    const ends = new Map(events.filter(hasResults).map(({ job, at }) => [job, at]));
    for (const [job, endedAt] of ends) {
      const [view] = await jobViews(this.#options, job);
      if (view === undefined || (await this.#place(view, endedAt))) state.forgetResults(job);
      else state.rememberResults(job, endedAt);
    }
  }

  /** @returns false when they could not be written here */
  async #place(view: JobView, endedAt: number): Promise<boolean> {
    const { client, signal } = this.#options;
    const placed = await this.#attempt(
      () => placeResults(view, { client, signal, endedAt }),
      `the results of job ${view.id} could not be delivered`,
    );
    for (const remark of placed?.remarks ?? []) this.#say(remark);
    return placed !== undefined;
  }

  /** @returns the clusters whose logs now lack events */
  async #log(events: readonly JobEvent[]): Promise<ReadonlySet<number>> {
    const left = new Set<number>();
    let entries = this.#entries();
    const write = async () => {
      for (const cluster of await this.#write(entries)) left.add(cluster);
      entries = this.#entries();
    };
    const views = await jobViewsOf(this.#options, events);
    for (const event of events) {
      if (event.job.includes('.')) {
        const view = views.get(event.job);
        if (view !== undefined) entries.add(view, event);
        continue;
      }
      await write();
      for await (const jobs of clusterPages(this.#options, event.job)) {
        for (const view of jobs) if (concerns(event, view.id)) entries.add(view, event);
        await write();
      }
    }
    await write();
    return left;
  }

  #entries(): LogEntries {
    return new LogEntries(new URL(this.#options.client.address.url).host);
  }

  /**
   * Holds back the events of a job whose results could not be written: a program that waits for the log reads the results next.
   * @returns the clusters whose logs now lack events
   */
  async #write({ byPath }: LogEntries): Promise<readonly number[]> {
    const { state } = this.#options;
    const left: number[] = [];
    for (const [path, entries] of byPath) {
      const ready = entries.filter(({ job }) => !state.mayMissResults(job));
      const isWritten = await this.#append(
        path,
        ready.flatMap(({ events }) => events),
      );
      for (const entry of entries) if (!isWritten || !ready.includes(entry)) left.push(entry.cluster);
    }
    return left;
  }

  async #append(path: string, events: readonly LogEvent[]): Promise<boolean> {
    const { locks: directory, clock, signal, onLogged } = this.#options;
    if (events.length === 0) return true;
    const texts = await this.#attempt(
      () => withLogLock(path, { directory, clock, signal }, () => this.#logs.get(path).bringUpToDate(events)),
      `the event log ${path} could not be written`,
    );
    for (const text of texts ?? []) onLogged?.(text);
    return texts !== undefined;
  }

  /** Writes all events of a cluster that were received so far. */
  async #logAll(cluster: number): Promise<boolean> {
    // Some of these events were looked for before, so the logs must be read from their beginning.
    this.#logs.forget();
    for await (const events of this.#eventsOf(cluster)) {
      const left = await this.#log(events);
      if (left.size > 0) return false;
    }
    return true;
  }

  /** @returns undefined when it failed for a reason that concerns nothing else; the owner is told */
  async #attempt<T>(work: () => Promise<T>, what = ''): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#options.signal.aborted || !concernsOneFile(error)) throw error;
      const reason = systemReason(error);
      this.#say(reason === undefined ? describeError(error) : `${what}: ${reason}`);
      return undefined;
    }
  }

  #say(sentence: string): void {
    if (this.#said.has(sentence)) return;
    this.#said.add(sentence);
    this.#options.say(sentence);
  }
}

/** Whether an execution left results: it ended by itself, or its job is held and its output may tell why. */
const hasResults = ({ what }: JobEvent): boolean =>
  what.kind === 'ended' && (what.exit !== undefined || what.next === 'Held');

/** Whether an error concerns one file only, such as a full disk, a missing directory or a file that the pool has lost: then others must not wait for it. */
const concernsOneFile = (error: unknown): boolean =>
  isCode(error, 'WriteFailed') ||
  isCode(error, 'NotFound') ||
  isCode(error, 'Conflict') ||
  isCode(error, 'InvalidMessage') ||
  systemReason(error) !== undefined;

/** Whether an event of a cluster concerns this job of it. */
function concerns({ what }: JobEvent, job: string): boolean {
  if (!('procs' in what) || !Array.isArray(what.procs)) return true;
  const proc = Number(job.split('.')[1]);
  return what.procs.some(([first, last]) => first <= proc && proc <= last);
}
