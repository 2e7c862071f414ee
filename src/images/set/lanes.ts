import type { Clock, Timer } from '#base/clock.ts';
import type { Rest } from '../registry/registry-peace.ts';

export interface LaneLimits {
  /** How many run at a time in one lane. */
  readonly perLane: number;
  /** How many run at a time in all. */
  readonly most: number;
  /** Milliseconds after which one does not count in its lane any more: others may overtake it. */
  readonly slowAfter: number;
}

/** What runs in a lane. */
interface Place {
  readonly lane: Lane;
  /** Until it does not count any more. */
  readonly timer: Timer;
  isCounted: boolean;
}

interface Lane {
  /** How many run, rest or wait: the lane is known as long as there are some. */
  users: number;
  running: number;
  counted: number;
}

interface Waiting {
  readonly lane: Lane;
  readonly begin: (place: Place) => void;
}

/**
 * Lets work begin in lanes, one for each registry: one that answers slowly holds up nobody else, and of its own images only a few,
 * for a while. Whoever has least running comes first. A lane never takes more places than it leaves free, however slow its work is;
 * except where one lane may have all of them from the beginning.
 */
export class Lanes {
  readonly #limits: LaneLimits;
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(limits: LaneLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Does work when it is its turn. While it rests, it has no place; it gets the next one of its lane.
   * @throws what `work` throws; the reason of `signal` if that aborts while it waits for its turn
   */
  async run<T>(name: string, work: (rest: Rest) => Promise<T>, signal: AbortSignal): Promise<T> {
    const lane = this.#lanes.get(name) ?? { users: 0, running: 0, counted: 0 };
    this.#lanes.set(name, lane);
    lane.users += 1;
    let place: Place | undefined;
    const leave = (): void => {
      if (place !== undefined) this.#end(place);
      place = undefined;
    };
    try {
      place = await this.#turn(lane, signal, false);
      return await work(async (wait) => {
        leave();
        await wait();
        place = await this.#turn(lane, signal, true);
      });
    } finally {
      leave();
      lane.users -= 1;
      if (lane.users === 0) this.#lanes.delete(name);
    }
  }

  async #turn(lane: Lane, signal: AbortSignal, isFirst: boolean): Promise<Place> {
    signal.throwIfAborted();
    if (this.#isFree(lane)) return this.#begin(lane);
    return await new Promise<Place>((resolve, reject) => {
      const waiting = {
        lane,
        begin: (place: Place) => {
          signal.removeEventListener('abort', leave);
          resolve(place);
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      if (isFirst) this.#waiting.unshift(waiting);
      else this.#waiting.push(waiting);
    });
  }

  #next(): void {
    for (;;) {
      let next: Waiting | undefined;
      for (const each of this.#waiting)
        if (this.#isFree(each.lane) && (next === undefined || each.lane.running < next.lane.running))
          next = each;
      if (next === undefined) return;
      const chosen = next;
      this.#waiting = this.#waiting.filter((each) => each !== chosen);
      chosen.begin(this.#begin(chosen.lane));
    }
  }

  #isFree({ running, counted }: Lane): boolean {
    const { perLane, most } = this.#limits;
    const free = most - this.#running;
    return free > 0 && counted < perLane && (running <= free || perLane >= most);
  }

  #begin(lane: Lane): Place {
    this.#running += 1;
    lane.running += 1;
    lane.counted += 1;
    const place: Place = {
      lane,
      isCounted: true,
      timer: this.#clock.after(this.#limits.slowAfter, () => {
        this.#uncount(place);
        this.#next();
      }),
    };
    return place;
  }

  #uncount(place: Place): void {
    if (place.isCounted) place.lane.counted -= 1;
    place.isCounted = false;
  }

  #end(place: Place): void {
    place.timer.cancel();
    this.#uncount(place);
    this.#running -= 1;
    place.lane.running -= 1;
    this.#next();
  }
}
