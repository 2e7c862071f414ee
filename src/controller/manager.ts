import type { Clock, Timer } from '#base/clock.ts';
import { orAborted, untilAborted } from '#base/or-aborted.ts';
import type { Leadership } from '#kube/lease.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Registry } from '#telemetry/metrics.ts';
import { HealthServer, type HealthServerOptions } from './health-server.ts';
import { managerMetrics } from './manager-metrics.ts';
import type { Election, Runnable, Watched } from './runnable.ts';

export interface ManagerOptions {
  readonly informers: readonly Watched[];
  readonly runnables: readonly Runnable[];
  /** Without it, this process leads all the time. */
  readonly election?: Election;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Where health and metrics are served. Default: nowhere. */
  readonly listen?: Pick<HealthServerOptions, 'host' | 'port' | 'mayReadMetrics'>;
  /** Milliseconds that work may go on after the program was told to end. Default: 20,000. */
  readonly drainMs?: number;
}

/**
 * Runs everything in the right order.
 *
 * | state     | what happens          | then                                                          | next state |
 * |-----------|-----------------------|---------------------------------------------------------------|------------|
 * | starting  | every first list came |                                                               | candidate  |
 * | candidate | it gets the lease     | runnables start                                               | leading    |
 * | leading   | the lease is lost     | work is abandoned at once; wait for its end                   | candidate  |
 * | leading   | told to end           | not ready; no new work; wait `drainMs`, then abandon; release | over       |
 * | leading   | a runnable fails      | abandon, release, throw what it threw                         | over       |
 * | other     | told to end           | not ready                                                     | over       |
 *
 * Watches and the health server go on to the very end. Queues fill while another process leads, so a new term begins with
 * everything that has happened meanwhile. What was remembered from an earlier term is forgotten first.
 */
export class Manager {
  readonly #options: ManagerOptions;
  #leadership: Leadership | undefined;
  #ending = false;
  #port: number | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    managerMetrics(options.registry, options.informers, () => this.leading);
  }

  /** Whether this process may act now. Check it before every write that must not come from a former leader. */
  get leading(): boolean {
    return this.#leadership?.holds() ?? false;
  }

  /** The port of the health server, once `run` has begun. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Why the process is not ready; empty if it is. */
  unready(): readonly string[] {
    const missing = this.#options.informers.filter((informer) => !informer.hasSynced);
    return [
      ...(this.#ending ? ['ending'] : []),
      ...missing.map((informer) => `the list of ${informer.resource} has not arrived yet`),
    ];
  }

  /** Runs until `signal` aborts and everything has ended. @throws what a runnable threw */
  async run(signal: AbortSignal): Promise<void> {
    const { informers, logger } = this.#options;
    const watching = new AbortController();
    const endHealth = await this.#serveHealth();
    const noteEnd = () => {
      this.#ending = true;
    };
    if (signal.aborted) noteEnd();
    signal.addEventListener('abort', noteEnd, { once: true });
    const watches = informers.map((informer) => informer.run(watching.signal));
    try {
      await orAborted(Promise.all(informers.map((informer) => informer.synced)), signal);
      if (!signal.aborted) logger.info({ informers: informers.length }, 'all informers have synced');
      while (!signal.aborted) await this.#term(signal);
    } finally {
      watching.abort();
      await Promise.allSettled(watches);
      await endHealth();
      logger.info('ended');
    }
  }

  async #term(signal: AbortSignal): Promise<void> {
    const leadership = await this.#acquire(signal);
    if (leadership === undefined) return;
    this.#leadership = leadership;
    try {
      await this.#work(signal, leadership.signal);
    } finally {
      this.#leadership = undefined;
      await leadership.release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<Leadership | undefined> {
    try {
      return await (this.#options.election ?? alone).acquire(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Runs all runnables until the program ends, the lease is lost, or one of them fails. */
  async #work(ending: AbortSignal, lost: AbortSignal): Promise<void> {
    const { clock, runnables, logger, drainMs = 20_000 } = this.#options;
    const abandoning = new AbortController();
    const abandon = AbortSignal.any([lost, abandoning.signal]);
    const stop = AbortSignal.any([ending, abandon]);
    const ended = afterAbort(clock, ending, drainMs, () => {
      logger.warn({ drainMs }, 'work did not end in time; abandoning it');
      abandoning.abort(new Error('the program ends'));
    });
    try {
      for (const runnable of runnables) runnable.begin?.();
      const running = runnables.map(async (runnable) => {
        await runnable.run({ stop, abandon }).catch((error: unknown) => {
          abandoning.abort(error);
          throw error;
        });
      });
      const failed = (await Promise.allSettled(running)).find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      // Runnables may have nothing left to do, but the term goes on.
      await untilAborted(stop);
    } finally {
      ended();
    }
  }

  async #serveHealth(): Promise<() => Promise<void>> {
    const { listen, registry } = this.#options;
    if (listen === undefined) return async () => {};
    const server = new HealthServer({ ...listen, registry, unready: () => this.unready() });
    this.#port = await server.listen();
    return () => server.close();
  }
}

/** The election of a process that has no rivals. */
const alone: Election = {
  async acquire() {
    const over = new AbortController();
    return {
      signal: over.signal,
      holds: () => !over.signal.aborted,
      release: async () => over.abort(),
    };
  },
};

/** Calls `run` this many milliseconds after `signal` aborted, unless the returned function is called first. */
function afterAbort(clock: Clock, signal: AbortSignal, milliseconds: number, run: () => void): () => void {
  let timer: Timer | undefined;
  const start = () => {
    timer = clock.after(milliseconds, run);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return () => {
    signal.removeEventListener('abort', start);
    timer?.cancel();
  };
}
