import { GlideinError } from '#base/error.ts';
import type { Routes } from './route.ts';

/** Milliseconds that requests in progress have to end by themselves. */
const patience = 10_000;

/**
 * The end of a server, in order: no new connections, no new requests on those that are open, polls answered with what there
 * is, and the answers of all other requests sent, within a bound. What is cut off after that was never acknowledged.
 */
export class Ending {
  readonly #polls = new AbortController();
  #inProgress = 0;
  readonly #done = Promise.withResolvers<void>();

  /** Aborted when polls are to be answered. */
  get signal(): AbortSignal {
    return this.#polls.signal;
  }

  get hasBegun(): boolean {
    return this.#polls.signal.aborted;
  }

  watch(app: Routes): void {
    app.addHook('onRequest', async (_request, reply) => {
      if (this.hasBegun)
        throw new GlideinError('Unavailable', 'the pool ends', { cure: 'try again: it may start anew' });
      this.#inProgress += 1;
      reply.raw.once('close', () => {
        this.#inProgress -= 1;
        if (this.hasBegun && this.#inProgress === 0) this.#done.resolve();
      });
    });
    app.addHook('onSend', async (_request, reply, payload) => {
      // A client must not send its next request where nobody will read it.
      if (this.hasBegun) reply.header('connection', 'close');
      return payload;
    });
  }

  /** Resolves when all requests are answered, or have had their time. */
  async begin(app: Routes): Promise<void> {
    this.#polls.abort();
    // Only listening ends, and connections on which nothing is asked: `app.close` would cut off the others too.
    app.server.close();
    if (this.#inProgress === 0) return;
    const timer = setTimeout(() => this.#done.resolve(), patience);
    await this.#done.promise;
    clearTimeout(timer);
  }
}
