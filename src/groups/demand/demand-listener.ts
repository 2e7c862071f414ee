import type { Offer, PoolDemand } from '#backend/pool.ts';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { PoolResource } from '../resources.ts';
import type { DemandBoard } from './demand-board.ts';
import type { Graveyard } from './graveyard.ts';
import type { PoolDoor } from './pool-door.ts';

/** The shortest time between two answers, in milliseconds: changes that come together are seen together. */
const settle = 100;

export interface DemandListenerOptions {
  /** `NAMESPACE/NAME` of the GlideinPool. */
  readonly name: string;
  readonly find: () => PoolResource | undefined;
  readonly offer: () => Offer;
  readonly door: PoolDoor;
  readonly board: DemandBoard;
  readonly graveyard: Graveyard;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Asks one pool for its demand, again and again, and puts what it says on the board. */
export class DemandListener {
  readonly #options: DemandListenerOptions;
  readonly #backoff: Backoff;
  #wake = new AbortController();
  /** Of the newest answer, also of one that says that nothing is known. */
  #version: number | undefined;

  constructor(options: DemandListenerOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ first: 250, most: 10_000, random: options.random });
  }

  /** What this site offers has changed: tell the pool at once. */
  wake(): void {
    this.#wake.abort();
  }

  async run(stop: AbortSignal): Promise<void> {
    const { clock, name, board, logger } = this.#options;
    while (!stop.aborted) {
      // Whoever wakes from here on may know more than this offer says.
      this.#wake = new AbortController();
      const { signal } = this.#wake;
      try {
        await this.#ask(AbortSignal.any([stop, signal]));
        this.#backoff.reset();
      } catch (error) {
        if (stop.aborted) return;
        if (!signal.aborted) {
          logger.debug({ pool: name, err: error }, 'pool gave no demand');
          board.failed(name, describeError(error));
          await sleep(clock, this.#backoff.next(), AbortSignal.any([stop, signal]));
        }
      }
      await sleep(clock, settle, stop);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { name, find, door, board, graveyard, offer } = this.#options;
    const resource = find();
    if (resource === undefined) throw new Error(`there is no GlideinPool ${name}`);
    const pool = await door.open(resource, signal);
    await this.#report();
    const demand: PoolDemand = await pool.demand({ ...offer(), since: this.#version }, signal);
    this.#version = demand.version;
    board.answered(name, demand);
    graveyard.askAgain(demand.missing);
    await this.#report();
  }

  /** Tells the pool of proved deaths. Not to be cut short: each call is small, and jobs wait for it. */
  async #report(): Promise<void> {
    const { name, find, door, graveyard, logger } = this.#options;
    for (const { uid, reason } of graveyard.unreported(name)) {
      const resource = find();
      if (resource === undefined) return;
      const pool = await door.open(resource);
      await pool.gone(uid, reason.slice(0, 1024));
      graveyard.reported(uid);
      logger.info({ pool: name, pilot: uid, reason }, 'told the pool that a pilot is dead');
    }
  }
}
