import { expect } from 'vitest';
import type { Bid, DemandAnswer, Pool } from '#backend/pool.ts';
import { eventually } from '../eventually.ts';
import { question } from './announced.ts';
import type { PoolBench } from './pool-bench.ts';

/** One pool of a bench and the ways to it that a test has opened. */
export class PoolWorld {
  readonly bench: PoolBench;
  /** The way of the site `here`. */
  readonly pool: Pool;
  readonly #over = new AbortController();
  readonly #opened: Pool[] = [];

  constructor(bench: PoolBench) {
    this.bench = bench;
    this.pool = this.open('here');
  }

  /** Aborted at the end of the test. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  open(site: string, credentials?: 'good' | 'refused'): Pool {
    const way = this.bench.open(site, credentials);
    this.#opened.push(way);
    return way;
  }

  ask(bid: Partial<Bid> = {}): Promise<DemandAnswer> {
    return this.pool.demand(question(bid), this.over);
  }

  /** Asks until the answer is as it should be. */
  answers(check: (answer: DemandAnswer) => void, bid: Partial<Bid> = {}): Promise<DemandAnswer> {
    return eventually(async () => {
      const answer = await this.ask(bid);
      check(answer);
      return answer;
    });
  }

  /** A question that waits for news, asked when nothing else is going on. */
  async waitingQuestion(way = this.pool, signal = this.over) {
    const { version } = await eventually(async () => {
      const [one, other] = [await way.demand(question()), await way.demand(question())];
      expect(other.version).toBe(one.version);
      return other;
    });
    return { version, answer: way.demand(question({ since: version, waitSeconds: 30 }), signal) };
  }

  async restart(): Promise<void> {
    await this.bench.stop();
    await this.bench.passTime(1000);
    await this.bench.start();
  }

  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#opened.map((way) => way.close()));
    await this.bench.end();
  }
}

export const waitingJobs = ({ autoclusters }: DemandAnswer): number =>
  autoclusters.reduce((sum, { count }) => sum + count, 0);

export const told = ({ pilots }: DemandAnswer, uid: string) => pilots.find((pilot) => pilot.uid === uid);

/** Whether it is settled as soon as whatever needs no waiting can be. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let round = 0; round < 20 && !settled; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return settled;
}

export const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
