/** A timer that can be cancelled. Cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a room sees it. Wall time is for records that people read; monotonic time is for every duration and
 * deadline, because wall clocks jump.
 *
 * **Gotchas.** Monotonic times of two processes, or of two lives of one, have nothing in common: never store or send one.
 * A machine that sleeps may stop the monotonic clock. `after` fires late on a busy event loop, so what must hold at an
 * instant (a lease, an answer's age) compares times when it acts and does not rely on its timer having fired.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  wall(): number;
  /** Milliseconds since some fixed instant. Never goes back. */
  monotonic(): number;
  /** Calls `run` once after `milliseconds`. The timer keeps the process alive until it fires or is cancelled. */
  after(milliseconds: number, run: () => void): Timer;
}

/** The longest delay of `setTimeout`, which runs longer ones at once. */
const longestTimeout = 2 ** 31 - 1;

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run) {
    let handle: NodeJS.Timeout;
    const wait = (left: number): void => {
      handle =
        left > longestTimeout
          ? setTimeout(() => wait(left - longestTimeout), longestTimeout)
          : setTimeout(run, left);
    };
    wait(milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};
