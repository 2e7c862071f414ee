import type { Clock } from '#base/clock.ts';
import { describeError, isCode } from '#base/error.ts';
import { systemReason } from '#base/system-error.ts';
import { nextEvents } from '#client/event-pages.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { EventsAnswer, JobEvent } from '#wire/events.ts';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';
import type { DeliveryState } from './delivery-state.ts';
import { LogEntries } from './log-entries.ts';
import type { LogEvent } from './log-event.ts';
import { LogFile } from './log-file.ts';
import { withLogLock } from './log-lock.ts';
import { placeResults } from './place-results.ts';

/** Requests for jobs that are under way at once. */
const parallel = 8;

/** Logs of which is remembered how far they were read. */
const mostLogs = 1000;

export interface DeliveryOptions {
  readonly client: PoolClient;
  /** Whose jobs, for an admin; others hear of their own. */
  readonly owner?: string | undefined;
  /** These alone; all of the owner's if absent. */
  readonly clusters?: readonly number[] | undefined;
  readonly state: DeliveryState;
  /** Where the locks of logs lie. */
  readonly locks: string;
  /** Told what an owner has to know, each sentence once. */
  readonly say: (sentence: string) => void;
  /** Told what was appended to a log. */
  readonly onLogged?: (text: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Brings what happened to jobs to where their submit files say: results into files, events into logs. It may end anywhere and go
 * on later, and several may do it at once: all that it writes can be written again. What cannot be written now stays in the pool
 * and is tried again.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #said = new Set<string>();
  #logs = new Map<string, LogFile>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Whether something could not be written yet. */
  get isWaiting(): boolean {
    return this.#options.state.isWaiting;
  }

  /**
   * Takes in what is new, after waiting for that for so many seconds.
   * @returns what happened; `isAll` when there is no more for now
   * @throws GlideinError when the pool does not answer: nothing is lost then
   */
  async next(wait: number): Promise<EventsAnswer> {
    const { client, owner, clusters, state, signal } = this.#options;
    const page = await nextEvents(client, { after: state.after, owner, clusters, wait, signal });
    if (state.isOtherLife(page.generation)) {
      await state.begin(page.generation);
      return { ...page, events: [], isAll: false };
    }
    try {
      await this.#take(page.events);
      await state.passed(page.generation, page.through);
    } catch (error) {
      // The page will be asked for again: logs are compared with it from their beginning.
      this.#logs = new Map();
      throw error;
    }
    return page;
  }

  /** Tries again what could not be written. */
  async retry(): Promise<void> {
    const { state } = this.#options;
    for (const [job, endedAt] of state.results) {
      const [view] = await this.#jobs(job);
      if (view === undefined || (await this.#place(view, endedAt))) state.resultsPlaced(job);
    }
    for (const cluster of state.clusters) {
      if (await this.#placeCluster(cluster)) state.clusterPlaced(cluster);
    }
    for (const cluster of state.logs) {
      if (await this.#logAll(cluster)) state.logWritten(cluster);
    }
    await state.save();
  }

  /** @returns false as soon as there is no room to remember by name what cannot be written */
  async #placeCluster(cluster: number): Promise<boolean> {
    const { state } = this.#options;
    for await (const events of this.#told(cluster)) {
      await this.#placeAll(events);
      if (!state.hasRoom) return false;
    }
    return true;
  }

  /** What was told of a cluster so far. */
  async *#told(cluster: number): AsyncGenerator<readonly JobEvent[]> {
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
    for (const cluster of await this.#log(events)) state.logLeft(cluster);
  }

  /** A job's newest results are there after its newest end: earlier ones need not be brought. */
  async #placeAll(events: readonly JobEvent[]): Promise<void> {
    const { state } = this.#options;
    const ends = new Map(events.filter(hasResults).map(({ job, at }) => [job, at]));
    for (const [job, endedAt] of ends) {
      const [view] = await this.#jobs(job);
      if (view === undefined || (await this.#place(view, endedAt))) state.resultsPlaced(job);
      else state.resultsLeft(job, endedAt);
    }
  }

  /** @returns false when they could not be written here */
  async #place(view: JobView, endedAt: number): Promise<boolean> {
    const { client, signal } = this.#options;
    const placed = await this.#tried(
      () => placeResults(view, { client, signal, endedAt }),
      `the results of job ${view.id} could not be brought`,
    );
    for (const remark of placed?.remarks ?? []) this.#say(remark);
    return placed !== undefined;
  }

  /** @returns clusters whose logs lack some of it now */
  async #log(events: readonly JobEvent[]): Promise<ReadonlySet<number>> {
    const left = new Set<number>();
    let entries = this.#entries();
    const write = async () => {
      for (const cluster of await this.#write(entries)) left.add(cluster);
      entries = this.#entries();
    };
    const views = await this.#viewsOf(events);
    for (const event of events) {
      if (event.job.includes('.')) {
        const view = views.get(event.job);
        if (view !== undefined) entries.add(view, event);
        continue;
      }
      await write();
      for await (const jobs of this.#cluster(event.job)) {
        for (const view of jobs) entries.add(view, event);
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
   * The events of a job whose results could not be written wait with them: whoever waits for the log reads the results next.
   * @returns clusters whose logs lack some of it now
   */
  async #write({ byPath }: LogEntries): Promise<readonly number[]> {
    const { state } = this.#options;
    const left: number[] = [];
    for (const [path, entries] of byPath) {
      const ready = entries.filter(({ job }) => !state.mayLack(job));
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
    const texts = await this.#tried(
      () => withLogLock(path, { directory, clock, signal }, () => this.#logFile(path).bringUpToDate(events)),
      `the event log ${path} could not be written`,
    );
    for (const text of texts ?? []) onLogged?.(text);
    return texts !== undefined;
  }

  #logFile(path: string): LogFile {
    const file = this.#logs.get(path) ?? new LogFile(path);
    this.#logs.delete(path);
    this.#logs.set(path, file);
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > mostLogs && oldest !== undefined) this.#logs.delete(oldest);
    return file;
  }

  /** Everything that was told of a cluster so far. */
  async #logAll(cluster: number): Promise<boolean> {
    // Some of it was asked for before: the logs are read from their beginning.
    this.#logs = new Map();
    for await (const events of this.#told(cluster)) {
      const left = await this.#log(events);
      if (left.size > 0) return false;
    }
    return true;
  }

  /** @returns undefined when something is in the way that concerns this alone, which its owner is told */
  async #tried<T>(work: () => Promise<T>, what = ''): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#options.signal.aborted || !isOfOne(error)) throw error;
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

  async #viewsOf(events: readonly JobEvent[]): Promise<ReadonlyMap<string, JobView>> {
    const names = new Set(events.flatMap(({ job }) => (job.includes('.') ? [job] : [])));
    const views = new Map<string, JobView>();
    const left = names.values();
    const carry = async (): Promise<void> => {
      for (const name of left) for (const view of await this.#jobs(name)) views.set(name, view);
    };
    await Promise.all(Array.from({ length: parallel }, carry));
    return views;
  }

  /** The job of this name; none when the pool has forgotten it. */
  async #jobs(name: string): Promise<readonly JobView[]> {
    const { client, signal } = this.#options;
    try {
      return (await client.json(`/v1/jobs/${name}`, jobsAnswer, { signal })).jobs;
    } catch (error) {
      if (isCode(error, 'NotFound')) return [];
      throw error;
    }
  }

  async *#cluster(name: string): AsyncGenerator<readonly JobView[]> {
    const { client, signal } = this.#options;
    try {
      for await (const page of jobPages(client, { path: `/v1/jobs/${name}`, signal })) yield page.jobs;
    } catch (error) {
      if (!isCode(error, 'NotFound')) throw error;
    }
  }
}

/** Whether an execution left something: it came to an end of its own, or its job is held and what it printed tells why. */
const hasResults = ({ what }: JobEvent): boolean =>
  what.kind === 'ended' && (what.exit !== undefined || what.next === 'Held');

/** A full disk, a directory that is gone, a file that the pool has lost: others are not to wait for it. */
const isOfOne = (error: unknown): boolean =>
  isCode(error, 'WriteFailed') ||
  isCode(error, 'NotFound') ||
  isCode(error, 'Conflict') ||
  isCode(error, 'InvalidMessage') ||
  systemReason(error) !== undefined;
