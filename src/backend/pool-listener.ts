import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { truncate } from '#base/truncate.ts';
import type { Announcer } from './announcer.ts';
import type { Deaths, UntoldDeath } from './deaths.ts';
import type { Bid, DemandAnswer, Pool } from './pool.ts';
import { isRejection } from './rejection.ts';

/** The shortest time between two questions, and between two announcements, in milliseconds. */
const settle = 100;

/** How late an answer may be, beyond the time for which the pool may wait for a change; milliseconds. */
const margin = 30_000;

/** The number of deaths after which the newest are determined again. */
const toldInARow = 100;

/** When an answer was asked for, and for how long it counts; monotonic milliseconds. */
export interface Asked {
  readonly at: number;
  /** Two waits for a change, that of this answer and that of the next, and a margin. */
  readonly freshFor: number;
}

export interface PoolListenerOptions {
  /** Under which name deaths are kept for this pool. */
  readonly pool: string;
  readonly open: (signal?: AbortSignal) => Promise<Pool>;
  readonly bid: () => Omit<Bid, 'ask' | 'since'>;
  readonly announcer: Announcer;
  readonly deaths: Deaths;
  readonly onAnswer: (demand: DemandAnswer, asked: Asked) => void;
  readonly onFailure: (error: unknown, reason: string) => void;
  readonly onDeathTold: (uid: string, reason: string) => void;
  readonly onDeathRefused: (uid: string, error: GlideinError) => void;
  /** Of what is announced, the pool takes nothing while it holds something that it cannot read. Said again at each try. */
  readonly onAnnouncementRejected: (error: GlideinError) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Speaks with one pool, in two loops that do not wait for each other: one asks for the demand, again and again; the
 * other tells of pilots that came and of pilots that died. A question is given up at the end of the program only, so no
 * number of events can keep its answer away.
 */
export class PoolListener {
  readonly #options: PoolListenerOptions;
  #toTell = Promise.withResolvers<void>();
  #retry = new AbortController();
  #questions = 0;
  /** Of the newest answer that was taken in, also of one that says that nothing is known. */
  #version: number | undefined;

  constructor(options: PoolListenerOptions) {
    this.#options = options;
    this.#toTell.resolve();
  }

  /** A pilot came, changed, ended or died: the pool is to be told. */
  wake(): void {
    this.#toTell.resolve();
  }

  /** The pool may be reachable now: do not wait for the next try. */
  retry(): void {
    this.#retry.abort();
    this.#retry = new AbortController();
  }

  async run(stop: AbortSignal): Promise<void> {
    await Promise.all([this.#poll(stop), this.#tellAll(stop)]);
  }

  /** Tells of all deaths. @throws GlideinError when the pool does not answer */
  async tellDeaths(stop?: AbortSignal): Promise<void> {
    const { pool: name, deaths } = this.#options;
    for (;;) {
      const some = deaths.untold(name).slice(0, toldInARow);
      if (some.length === 0) return;
      for (const death of some) await this.#tellDeath(death, stop);
    }
  }

  /** What the pool does not want to hear of one pilot is no reason to keep others' deaths from it: it may ask. */
  async #tellDeath({ uid, reason }: UntoldDeath, stop: AbortSignal | undefined): Promise<void> {
    const { deaths, open, onDeathTold, onDeathRefused } = this.#options;
    const pool = await open(stop);
    try {
      await pool.gone(uid, truncate(reason, 1024), stop);
      onDeathTold(uid, reason);
    } catch (error) {
      if (!isRejection(error)) throw error;
      onDeathRefused(uid, error);
    }
    deaths.told(uid);
  }

  async #poll(stop: AbortSignal): Promise<void> {
    const { clock, random, onFailure } = this.#options;
    const backoff = new Backoff({ first: 250, most: 10_000, random });
    while (!stop.aborted) {
      try {
        await this.#ask(stop);
        backoff.reset();
      } catch (error) {
        if (stop.aborted) return;
        onFailure(error, describeError(error));
        await sleep(clock, backoff.next(), AbortSignal.any([stop, this.#retry.signal]));
      }
      await sleep(clock, settle, stop);
    }
  }

  async #ask(stop: AbortSignal): Promise<void> {
    const { clock, announcer, open, bid, onAnswer } = this.#options;
    const pool = await open(stop);
    this.#questions += 1;
    const question = { ...bid(), ask: `${announcer.session}-${this.#questions}` };
    const at = clock.monotonic();
    const demand = await pool.demand({ ...question, since: this.#version }, stop);
    // Whoever comes next begins with nothing known.
    if (stop.aborted) return;
    if (demand.ask !== undefined && demand.ask !== question.ask) {
      throw new GlideinError('InvalidMessage', 'the pool’s answer belongs to an earlier question', {
        cure: 'look for a proxy between the operator and the pool that repeats answers',
      });
    }
    if (announcer.compare(demand.session, at)) this.wake();
    onAnswer(demand, { at, freshFor: 2000 * question.waitSeconds + margin });
    this.#version = demand.version;
  }

  async #tellAll(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = new Backoff({ first: 250, most: 10_000, random });
    const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
    while (!stop.aborted) {
      await Promise.race([this.#toTell.promise, stopped]);
      if (stop.aborted) return;
      // Whoever wakes from here on may know more than what is told now.
      this.#toTell = Promise.withResolvers();
      try {
        const rejected = await this.#announce(stop);
        await this.tellDeaths(stop);
        if (rejected !== undefined) throw rejected;
        backoff.reset();
      } catch {
        // The other loop tells why a pool does not answer; this one only has to come back.
        this.wake();
        await sleep(clock, backoff.next(), AbortSignal.any([stop, this.#retry.signal]));
      }
      await sleep(clock, settle, stop);
    }
  }

  /** What the pool rejects of pilots that live is no reason to keep from it that others have died. */
  async #announce(stop: AbortSignal): Promise<GlideinError | undefined> {
    const { announcer, open, onAnnouncementRejected } = this.#options;
    const pool = await open(stop);
    try {
      await announcer.sync(pool, stop);
      return undefined;
    } catch (error) {
      if (!isRejection(error)) throw error;
      onAnnouncementRejected(error);
      return error;
    }
  }
}
