import { setTimeout as pause } from 'node:timers/promises';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { Target } from './target.ts';

/** What the good user waits for. */
export const waits = ['submit to start', 'q', 'finished to next start'] as const;

export type Wait = (typeof waits)[number];

/** Milliseconds of each time that the good user waited. */
export type Waited = Readonly<Record<Wait, readonly number[]>>;

/** Jobs that wait for the pilot which always runs one. */
const backlog = 500;

/** Milliseconds between what the good user does: few requests, as one user has. */
const rest = 30;

const owner = 'good';

/** A user with small jobs, two pilots of their own, and a watch. */
export class GoodWorks {
  readonly #target: Target;
  readonly #arrivals: ScriptedPilot;
  readonly #chain: ScriptedPilot;
  #chained: { cluster: number; left: number } = { cluster: 0, left: 0 };
  #now: Start | undefined;

  private constructor(target: Target, arrivals: ScriptedPilot, chain: ScriptedPilot) {
    this.#target = target;
    this.#arrivals = arrivals;
    this.#chain = chain;
  }

  static async start(target: Target): Promise<GoodWorks> {
    const pilot = async (lane: string, cpus: number) =>
      ScriptedPilot.start({
        url: target.url,
        token: await target.token('pilot', `good-${lane}`),
        uid: `good-${lane}`,
        slot: { Cpus: String(cpus), Lane: JSON.stringify(lane), Start: `TARGET.Owner == "${owner}"` },
      });
    return new GoodWorks(target, await pilot('arrivals', 4), await pilot('chain', 1));
  }

  /** Works until `signal` aborts. @throws Error when a job is not served for long */
  async measure(signal: AbortSignal): Promise<Waited> {
    const waited = { 'submit to start': [], q: [], 'finished to next start': [] } as Record<Wait, number[]>;
    const again = async (wait: Wait, work: () => Promise<number>) => {
      while (!signal.aborted) {
        waited[wait].push(await work());
        await pause(rest);
      }
    };
    this.#now ??= await this.#next(undefined);
    await Promise.all([
      again('submit to start', () => this.#arrive()),
      again('q', () => this.#list()),
      again('finished to next start', () => this.#go()),
    ]);
    return waited;
  }

  stop(): void {
    this.#arrivals.cut();
    this.#chain.cut();
  }

  async #arrive(): Promise<number> {
    const began = performance.now();
    const cluster = await this.#target.submit(owner, jobsOf(1, 'arrivals'));
    const start = await this.#arrivals.next('start', ({ job }) => job === `${cluster}.0`, 60_000);
    const milliseconds = performance.now() - began;
    await this.#arrivals.run(start);
    this.#arrivals.heard.length = 0;
    return milliseconds;
  }

  async #list(): Promise<number> {
    const began = performance.now();
    await this.#target.list(owner);
    return performance.now() - began;
  }

  async #go(): Promise<number> {
    const ended = this.#now;
    if (ended === undefined) return 0;
    if (this.#chained.left === 0) await this.#refill();
    this.#chain.heard.length = 0;
    const began = performance.now();
    this.#chain.finished(ended);
    this.#now = await this.#next(ended.job);
    const milliseconds = performance.now() - began;
    this.#chain.started(this.#now);
    return milliseconds;
  }

  async #next(last: string | undefined): Promise<Start> {
    if (last === undefined) await this.#refill();
    const start = await this.#chain.next('start', ({ job }) => job !== last, 60_000);
    this.#chained.left -= 1;
    return start;
  }

  async #refill(): Promise<void> {
    this.#chained = { cluster: await this.#target.submit(owner, jobsOf(backlog, 'chain')), left: backlog };
  }
}

/** Whoever else runs jobs may say that the lane is theirs too, but not that the group is. */
const jobsOf = (procs: number, lane: string) =>
  submitOf(procs, { Requirements: `TARGET.Lane == "${lane}" && regexp("@pilot-good-", TARGET.Name)` });
