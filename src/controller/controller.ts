import type { Clock } from '#base/clock.ts';
import type { KubeObject } from '#kube/object.ts';
import type { Change } from '#kube/store.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import { RateLimit } from './rate-limit.ts';
import { type ReconcileEnd, type Result, TerminalError } from './result.ts';
import type { Runnable, Stop } from './runnable.ts';
import { WorkQueue } from './work-queue.ts';

/** What a reconcile gets besides the name. */
export interface ReconcileContext {
  /** Aborts when the reconcile takes too long, or the program no longer leads: stop at the next wait. */
  readonly signal: AbortSignal;
  /** Logs which controller, object and reconcile it is. */
  readonly logger: Logger;
}

/** Brings the cluster closer to what the object `name` (`NAMESPACE/NAME`) asks for. It must read all state again each time. */
export type Reconcile = (name: string, context: ReconcileContext) => Promise<Result>;

export interface ControllerOptions {
  /** One word, for logs and metrics. */
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: ControllerMetrics;
  /** Names that are reconciled at once. Default: 4. */
  readonly workers?: number;
  /** The longest time of one reconcile, in milliseconds. Default: 60,000. */
  readonly timeoutMs?: number;
  readonly rateLimit?: RateLimit;
  /** A term begins. */
  readonly begin?: () => void;
}

/** Something that reports changes, such as an informer. */
export interface ChangeSource<T> {
  onChange(handler: (change: Change<T>) => void): () => void;
}

/**
 * Reconciles one kind of objects. Watches add the names of objects that may need work, workers reconcile them, and one
 * switch decides by the result what happens to the name next.
 */
export class Controller implements Runnable {
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #rateLimit: RateLimit;
  readonly #logger: Logger;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.queue = new WorkQueue(options);
    this.#rateLimit = options.rateLimit ?? new RateLimit(options);
    this.#logger = options.logger.child({ controller: options.name });
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Queues the names that a change concerns, including those of the old object. Objects that were there at the start get a
   * low priority.
   * @param namesOf the names (`NAMESPACE/NAME`) of the objects to reconcile when `object` has changed
   */
  watch<T extends KubeObject>(
    source: ChangeSource<T>,
    namesOf: (object: T) => readonly string[],
  ): () => void {
    return source.onChange((change) => {
      const priority = change.type === 'added' && change.initial ? 'low' : 'normal';
      if (change.type === 'updated') for (const name of namesOf(change.old)) this.queue.add(name);
      for (const name of namesOf(change.object)) this.queue.add(name, { priority });
    });
  }

  begin(): void {
    this.#options.begin?.();
  }

  /** Works until `stop` aborts and everything in work has ended. It may then be run again. */
  async run(until: Stop): Promise<void> {
    const workers = Array.from({ length: this.#options.workers ?? 4 }, () => this.#work(until));
    await Promise.all(workers);
  }

  async #work({ stop, abandon }: Stop): Promise<void> {
    for (;;) {
      const name = await this.queue.take(stop);
      if (name === undefined) return;
      await this.#reconcile(name, abandon);
    }
  }

  async #reconcile(name: string, abandon: AbortSignal): Promise<void> {
    const { clock, metrics, random } = this.#options;
    const started = clock.monotonic();
    const reconcile = Math.floor(random() * 36 ** 6).toString(36);
    const logger = this.#logger.child({ object: name, reconcile });
    const result = await this.#attempt(name, logger, abandon);
    const took = clock.monotonic() - started;
    metrics?.reconciled(result.kind, took);
    this.#settle(name, result, logger);
    logger.debug({ result: result.kind, took }, 'reconciled');
    this.queue.done(name);
  }

  async #attempt(name: string, logger: Logger, abandon: AbortSignal): Promise<ReconcileEnd> {
    const { clock, reconcile, timeoutMs = 60_000 } = this.#options;
    const timeout = new AbortController();
    const timer = clock.after(timeoutMs, () =>
      timeout.abort(new Error(`not finished within ${timeoutMs} ms`)),
    );
    try {
      return await reconcile(name, { signal: AbortSignal.any([abandon, timeout.signal]), logger });
    } catch (error) {
      if (abandon.aborted) return { kind: 'stopped' };
      if (timeout.signal.aborted) return { kind: 'timeout' };
      return error instanceof TerminalError ? { kind: 'terminal', error } : { kind: 'error', error };
    } finally {
      timer.cancel();
    }
  }

  /** What happens to the name next. */
  #settle(name: string, result: ReconcileEnd, logger: Logger): void {
    switch (result.kind) {
      case 'done':
        this.#rateLimit.forget(name);
        return;
      case 'requeueAfter':
        this.#rateLimit.forget(name);
        this.queue.add(name, { afterMs: Math.max(1, result.milliseconds) });
        return;
      case 'terminal':
        this.#rateLimit.forget(name);
        logger.error({ err: result.error }, 'reconcile failed for good; waiting for a change');
        return;
      case 'stopped':
        this.queue.add(name);
        return;
      case 'timeout':
        this.#retry(name, logger, { timeoutMs: this.#options.timeoutMs ?? 60_000 });
        return;
      case 'error':
        this.#retry(name, logger, { err: result.error });
        return;
    }
  }

  #retry(name: string, logger: Logger, facts: Readonly<Record<string, unknown>>): void {
    const afterMs = Math.max(1, this.#rateLimit.next(name));
    logger.warn({ ...facts, afterMs }, 'reconcile failed; retrying');
    this.queue.add(name, { afterMs });
  }
}
