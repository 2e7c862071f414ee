import type { Clock } from '#base/clock.ts';

export interface LaneLimits {
  /** How many run at a time in one lane. */
  readonly perLane: number;
  /** How many run at a time in all. */
  readonly most: number;
  /** Milliseconds after which one does not count in its lane any more: others may overtake it. */
  readonly slowAfter: number;
}

interface Waiting {
  readonly lane: string;
  readonly begin: () => void;
}

/**
 * Lets work begin in lanes, one for each registry: one that answers slowly holds up nobody else, and of its own images only a few,
 * for a while.
 */
export class Lanes {
  readonly #limits: LaneLimits;
  readonly #clock: Clock;
  readonly #counted = new Map<string, number>();
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(limits: LaneLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Does work when it is its turn. @throws what `work` throws; the reason of `signal` if that aborts before the work begins */
  async run<T>(lane: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(lane, signal);
    let isCounted = true;
    const uncount = (): void => {
      if (isCounted) this.#counted.set(lane, (this.#counted.get(lane) ?? 1) - 1);
      isCounted = false;
      this.#next();
    };
    const timer = this.#clock.after(this.#limits.slowAfter, uncount);
    try {
      return await work();
    } finally {
      timer.cancel();
      this.#running -= 1;
      uncount();
    }
  }

  async #turn(lane: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isFree(lane)) return this.#begin(lane);
    await new Promise<void>((resolve, reject) => {
      const waiting = {
        lane,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (this.#running >= this.#limits.most) return;
      if (!this.#isFree(waiting.lane)) continue;
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      this.#begin(waiting.lane);
      waiting.begin();
    }
  }

  #isFree(lane: string): boolean {
    return this.#running < this.#limits.most && (this.#counted.get(lane) ?? 0) < this.#limits.perLane;
  }

  #begin(lane: string): void {
    this.#running += 1;
    this.#counted.set(lane, (this.#counted.get(lane) ?? 0) + 1);
  }
}
