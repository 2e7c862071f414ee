import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '#base/clock.ts';

interface Due {
  readonly at: number;
  /** Timers come before messages that have arrived meanwhile, as in Node's event loop. */
  readonly rank: 0 | 1;
  readonly order: number;
  readonly process: SimulatedProcess | undefined;
  readonly run: () => void;
}

const earlier = (a: Due, b: Due): boolean =>
  a.at !== b.at ? a.at < b.at : a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;

/** The time of a simulated world, in milliseconds. Nothing takes time but what waits for an event. */
export class SimulatedTime {
  now = 0;
  readonly #heap: Due[] = [];
  #order = 0;

  /** @param process whose event it is: it comes to nothing once that is dead, and waits while that is frozen */
  at(at: number, run: () => void, process?: SimulatedProcess, rank: 0 | 1 = 1): Timer {
    let cancelled = false;
    this.#order += 1;
    this.#push({
      at: Math.max(at, this.now),
      rank,
      order: this.#order,
      process,
      run: () => cancelled || run(),
    });
    return {
      cancel: () => {
        cancelled = true;
      },
    };
  }

  /** Lets time pass until `isOver`, or until nothing happens any more. */
  async pass(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const next = this.#pop();
      if (next === undefined) return;
      this.now = next.at;
      if (next.process?.isAlive === false) continue;
      const thaws = next.process?.frozenUntil ?? 0;
      if (thaws > this.now) this.#push({ ...next, at: thaws });
      else {
        next.run();
        await nextTurn();
      }
    }
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(due, heap[parent] as Due)) break;
      heap[index] = heap[parent] as Due;
      index = parent;
    }
    heap[index] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (!earlier(heap[child] as Due, last)) break;
      heap[index] = heap[child] as Due;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** A process with a clock of its own, which runs faster or slower than that of others. */
export class SimulatedProcess {
  isAlive = true;
  /** Until then nothing in it happens. */
  frozenUntil = 0;
  readonly clock: Clock;

  /** @param rate seconds of its clock in one second of the world */
  constructor(time: SimulatedTime, rate: number) {
    const began = time.now;
    const wall = 1_790_000_000_000;
    this.clock = {
      wall: () => Math.round(wall + time.now * rate),
      monotonic: () => (time.now - began) * rate,
      after: (milliseconds, run) => time.at(time.now + Math.max(0, milliseconds) / rate, run, this, 0),
    };
  }
}
