import { describeError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ResultCache } from './result-cache.ts';
import type { ServiceInstance } from './service-instance.ts';

interface CachedResultsOptions {
  readonly cache: Pick<ResultCache, 'findOrBegin' | 'store' | 'giveBack'>;
  readonly logger: Logger;
}

/**
 * Starts services whose results other pilots may know already, and tells others what this pilot finds out. The cache may fail: then
 * each pilot finds out for itself.
 */
export class CachedResults {
  readonly #options: CachedResultsOptions;
  readonly #over = new AbortController();
  readonly #begun = new Set<ServiceInstance>();
  /** Those that this pilot runs for all. */
  readonly #running = new Set<ServiceInstance>();
  readonly #adopted = new Set<ServiceInstance>();

  constructor(options: CachedResultsOptions) {
    this.#options = options;
  }

  /** Whether it has the results of another pilot. */
  isCached(instance: ServiceInstance): boolean {
    return this.#adopted.has(instance);
  }

  /** Starts an instance, or gives it results; once, however often it is called. */
  begin(instance: ServiceInstance): void {
    if (this.#begun.has(instance)) return;
    this.#begun.add(instance);
    void this.#begin(instance);
  }

  /** Call this after each change of an instance. */
  changed(instance: ServiceInstance): void {
    const { cache } = this.#options;
    const { phase } = instance.state;
    if (!this.#running.has(instance)) return;
    if (phase === 'Completed' && instance.found !== undefined) {
      this.#running.delete(instance);
      this.#safely(cache.store(instance.service, instance.found));
    } else if (phase === 'Failed' || phase === 'Stopped') {
      this.#running.delete(instance);
      this.#safely(cache.giveBack(instance.service));
    }
  }

  /** The pilot leaves: nothing begins any more. */
  end(): void {
    this.#over.abort();
  }

  async #begin(instance: ServiceInstance): Promise<void> {
    const { cache, logger } = this.#options;
    const { service } = instance;
    const found = await cache.findOrBegin(service, this.#over.signal).catch((error: unknown) => {
      logger.warn({ service: service.name, problem: describeError(error) }, 'cached results cannot be used');
      return undefined;
    });
    if (found === undefined) {
      this.#running.add(instance);
      instance.start();
      // It may have been stopped while this one waited.
      this.changed(instance);
    } else {
      this.#adopted.add(instance);
      instance.adopt(found);
    }
  }

  #safely(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.logger.warn({ problem: describeError(error) }, 'results are not cached');
    });
  }
}
