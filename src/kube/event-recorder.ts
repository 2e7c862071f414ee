import { Backoff } from '#base/backoff.ts';
import type { Clock, Timer } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import { eventOf, events, type Happening, happeningKey, type Subject } from './event.ts';
import { isAlreadyExists, isNotFound, isTransient } from './kube-error.ts';
import { type KubeObject, microTime } from './object.ts';
import type { ResourceKind } from './resource.ts';
import { TokenBucket } from './token-bucket.ts';

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Who reports: the controller, with a domain-qualified name, and its pod. */
  readonly reporter: { readonly controller: string; readonly instance: string };
  /** Milliseconds within which equal happenings are counted by one Event. Default: 600,000. */
  readonly togetherMs?: number;
  /** The shortest time between two writes of a count, in milliseconds. Default: 60,000. */
  readonly countEveryMs?: number;
  /** How many new Events an object may have at once, and per second. Default: 25, and one in 60 s. */
  readonly burst?: number;
  readonly perSecond?: number;
}

/** A happening that is, or will be, an Event at the API server. */
interface Series {
  /** Its Event. The name stays the same, so that a retry after a lost answer does not make a second one. */
  readonly event: ReturnType<typeof eventOf>;
  /** Whether the Event was written. */
  written: boolean;
  count: number;
  /** When it last happened: wall time. */
  last: number;
  /** The same as monotonic time. */
  lastAt: number;
  timer: Timer | undefined;
  /** Whether it is queued for writing. */
  queued: boolean;
}

/** The most series, and objects, that are remembered. The oldest are forgotten first. */
const most = 4096;
const tries = 4;

/**
 * Writes Events without disturbing the work: `record` never waits and never throws. Equal happenings of an object become one
 * Event with a count. Each object has a budget of new Events. While the API server is away, the oldest Events are dropped.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Series>();
  readonly #budgets = new Map<string, TokenBucket>();
  readonly #waiting: Series[] = [];
  readonly #closed = new AbortController();
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Happenings without an Event: they exceeded an object's budget, or the server did not accept them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Records that something happened to an object. */
  record<T extends KubeObject>(kind: ResourceKind<T>, object: T, happening: Happening): void {
    if (this.#closed.signal.aborted) return;
    const subject: Subject = { kind, object };
    const key = happeningKey(subject, happening);
    const series = this.#current(key);
    if (series === undefined) this.#begin(key, subject, happening);
    else this.#again(key, series);
  }

  /** Accepts nothing more, and writes what waits, for at most this many milliseconds. */
  async close(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    for (const series of this.#series.values()) {
      if (series.timer !== undefined) this.#enqueue(series);
    }
    const timeout = clock.after(withinMs, () => this.#closed.abort());
    while (this.#writing !== undefined) await this.#writing;
    timeout.cancel();
    this.#closed.abort();
  }

  /** The series that an equal happening still adds to, if there is one. */
  #current(key: string): Series | undefined {
    const { clock, togetherMs = 600_000 } = this.#options;
    const series = this.#series.get(key);
    return series !== undefined && clock.monotonic() - series.lastAt <= togetherMs ? series : undefined;
  }

  #begin(key: string, subject: Subject, happening: Happening): void {
    if (!this.#budget(subject).tryTake()) {
      this.#dropped += 1;
      return;
    }
    const { clock, random, reporter } = this.#options;
    const wall = clock.wall();
    const series: Series = {
      event: eventOf({ subject, happening, wall, random, reporter }),
      written: false,
      count: 1,
      last: wall,
      lastAt: clock.monotonic(),
      timer: undefined,
      queued: false,
    };
    remember(this.#series, key, series);
    this.#enqueue(series);
  }

  #again(key: string, series: Series): void {
    const { clock, countEveryMs = 60_000 } = this.#options;
    series.count += 1;
    series.last = clock.wall();
    series.lastAt = clock.monotonic();
    remember(this.#series, key, series);
    if (!series.queued) series.timer ??= clock.after(countEveryMs, () => this.#enqueue(series));
  }

  #budget(subject: Subject): TokenBucket {
    const { clock, burst = 25, perSecond = 1 / 60 } = this.#options;
    const { uid, namespace, name } = subject.object.metadata;
    const key = uid ?? `${subject.kind.plural}/${namespace}/${name}`;
    const budget = this.#budgets.get(key) ?? new TokenBucket({ clock, burst, perSecond });
    remember(this.#budgets, key, budget);
    return budget;
  }

  #enqueue(series: Series): void {
    series.timer?.cancel();
    series.timer = undefined;
    if (series.queued) return;
    series.queued = true;
    this.#waiting.push(series);
    if (this.#waiting.length > most) {
      const oldest = this.#waiting.shift();
      if (oldest !== undefined) oldest.queued = false;
      this.#dropped += 1;
    }
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let series = this.#waiting.shift(); series !== undefined; series = this.#waiting.shift()) {
      series.queued = false;
      await this.#write(series);
    }
    this.#writing = undefined;
  }

  async #write(series: Series): Promise<void> {
    const { clock, random, logger } = this.#options;
    const backoff = new Backoff({ first: 500, most: 10_000, random });
    const { signal } = this.#closed;
    for (let left = tries; !signal.aborted; left--) {
      try {
        await (series.written ? this.#recount(series) : this.#create(series));
        return;
      } catch (error) {
        if (left > 1 && isTransient(error)) {
          await sleep(clock, backoff.next(), signal);
          continue;
        }
        this.#dropped += 1;
        logger.warn({ reason: series.event.reason, err: error }, 'cannot write an event');
        return;
      }
    }
  }

  async #create(series: Series): Promise<void> {
    const repeated = series.count > 1 ? { series: seriesOf(series) } : {};
    try {
      await this.#options.client.create(events, { ...series.event, ...repeated }, this.#closed.signal);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    series.written = true;
  }

  async #recount(series: Series): Promise<void> {
    const count = { series: seriesOf(series) };
    try {
      await this.#options.client.mergePatch(events, series.event.metadata, count, this.#closed.signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Events live for about an hour, and this one is gone.
      await this.#create(series);
    }
  }
}

function seriesOf(series: Series) {
  return { count: series.count, lastObservedTime: microTime(series.last) };
}

/** Makes an entry the newest, and forgets the oldest one beyond the limit. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
