import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import type { Selection } from './client-types.ts';
import type { InformerMetrics } from './informer-metrics.ts';
import { errorOfSilence, isExpired, isForbidden, KubeError } from './kube-error.ts';
import type { KubeObject } from './object.ts';
import { collectionPath, type ResourceKind } from './resource.ts';
import { type WatchEvent, watchEvents } from './watch-stream.ts';
import { watchdog } from './watchdog.ts';

/**
 * Gets what a reflector reads. Its methods are called one at a time, and must not throw.
 *
 * **Gotchas.** `replaced` is called at the start, and again after every gap (410, a long outage): objects that are missing
 * from it have gone unseen. `changed` may be called with a version that is known already. A watch may be silent for minutes
 * while all is well; that is what `contact` is for.
 */
export interface ReflectorSink<T extends KubeObject> {
  /** All objects at one moment; any other is gone. */
  replaced(objects: readonly T[]): void;
  changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
  /** The API server answered, perhaps without a change. */
  contact(): void;
  /** The API server forbids the list or the watch. It is tried again like after any failure. */
  refused(): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly kind: ResourceKind<T>;
  /** The same for lists and watches. */
  readonly selection?: Selection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: InformerMetrics | undefined;
  /** Delays after failures, in milliseconds. Default: from 500 doubling to 30,000. */
  readonly retry?: { readonly first: number; readonly most: number };
  /** Milliseconds that a watch must last to end a series of failures. Default: 5,000. */
  readonly steadyMs?: number;
  /** Milliseconds of silence after which a watch is given up; bookmarks come every minute. Default: 150,000. */
  readonly silenceMs?: number;
  /** Seconds that a watch should last: a random number between this and twice as much. Default: 300. */
  readonly watchSeconds?: number;
}

/**
 * Copies one kind of objects from the API server until its signal aborts. Nothing else ends it.
 *
 * | state    | what happens                                               | next state                       |
 * |----------|------------------------------------------------------------|----------------------------------|
 * | listing  | every page was read                                        | watching from the list's version |
 * | listing  | any failure (410 of an old page among them)                | waiting, then listing            |
 * | watching | ADDED, MODIFIED, DELETED, BOOKMARK                         | watching from that version       |
 * | watching | the server ends it after its time                          | watching from the last version   |
 * | watching | 410, as an answer or in the stream: version is too old     | listing                          |
 * | watching | broken, reset, silent, 429, 5xx, other ERROR, not JSON     | waiting, then watching           |
 * | watching | ended or failed in any way before `steadyMs`               | waiting first                    |
 * | waiting  | the delay is over (longer each time, at least Retry-After) | as said above                    |
 * | any      | abort                                                      | over                             |
 *
 * Versions are opaque. Every change is delivered once, in the server's order: the next watch begins after the last change
 * that was delivered. Only a new list may skip states that an object went through in between.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #sink: ReflectorSink<T>;
  readonly #backoff: Backoff;
  readonly #what: string;
  /** The version after which the next watch begins. Undefined: a list is due. */
  #version: string | undefined;

  constructor(options: ReflectorOptions<T>, sink: ReflectorSink<T>) {
    this.#options = options;
    this.#sink = sink;
    const retry = options.retry ?? { first: 500, most: 30_000 };
    this.#backoff = new Backoff({ ...retry, random: options.random });
    this.#what = `watch of ${collectionPath(options.kind, options.selection?.namespace)}`;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause = await this.#step(signal);
      await sleep(this.#options.clock, pause, signal);
    }
  }

  /** Does one list or one watch. No failure ends the state machine. @returns milliseconds to wait before the next step */
  async #step(signal: AbortSignal): Promise<number> {
    try {
      if (this.#version === undefined) return await this.#list(signal);
      return await this.#watch(this.#version, signal);
    } catch (error) {
      if (signal.aborted) return 0;
      this.#failed(error);
      const wanted = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
      return Math.max(this.#backoff.next(), wanted);
    }
  }

  async #list(signal: AbortSignal): Promise<number> {
    const { client, kind, selection, metrics } = this.#options;
    const list = await client.list(kind, selection, signal);
    metrics?.lists.inc({ resource: kind.plural });
    this.#sink.contact();
    this.#sink.replaced(list.items);
    this.#version = list.resourceVersion;
    return 0;
  }

  async #watch(version: string, signal: AbortSignal): Promise<number> {
    const { clock, steadyMs = 5_000 } = this.#options;
    const started = clock.monotonic();
    const steady = () => clock.monotonic() - started >= steadyMs;
    try {
      await this.#follow(version, signal);
    } finally {
      if (steady()) this.#backoff.reset();
    }
    return steady() ? 0 : this.#backoff.next();
  }

  /** Reads one watch to its end. */
  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, kind, selection = {}, clock, random, metrics } = this.#options;
    const timeoutSeconds = Math.round((this.#options.watchSeconds ?? 300) * (1 + random()));
    const guard = watchdog({
      clock,
      signal,
      silenceMs: this.#options.silenceMs ?? 150_000,
      wholeMs: (timeoutSeconds + 30) * 1000,
    });
    try {
      const chunks = await client.watch(kind, selection, { resourceVersion, timeoutSeconds }, guard.signal);
      metrics?.watches.inc({ resource: kind.plural });
      this.#sink.contact();
      for await (const event of watchEvents<T>(chunks, this.#what)) {
        if (signal.aborted) return;
        guard.alive();
        this.#deliver(event);
      }
    } catch (error) {
      throw error instanceof KubeError ? error : errorOfSilence(this.#what, error);
    } finally {
      guard.end();
    }
  }

  #deliver({ type, object }: WatchEvent<T>): void {
    this.#sink.contact();
    if (type !== 'BOOKMARK') {
      this.#options.metrics?.events.inc({ resource: this.#options.kind.plural, type });
      this.#sink.changed(type, object);
    }
    this.#version = object.metadata.resourceVersion ?? this.#version;
  }

  #failed(error: unknown): void {
    const { kind, logger, metrics } = this.#options;
    const reason = error instanceof KubeError ? error.reason : 'Other';
    metrics?.failures.inc({ resource: kind.plural, reason });
    logger.warn({ resource: kind.plural, reason, err: error }, 'list or watch failed; retrying');
    if (isExpired(error)) this.#version = undefined;
    if (isForbidden(error)) this.#sink.refused();
  }
}
