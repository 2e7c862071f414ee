/** A timer that can be cancelled; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a room sees it. Wall time is for records that people read; monotonic time is for every duration and
 * deadline, because wall clocks jump.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  wall(): number;
  /** Milliseconds since some fixed instant; never goes back. */
  monotonic(): number;
  /** Calls `run` once after `milliseconds`. The timer keeps the process alive until it fired or was cancelled. */
  after(milliseconds: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run) {
    const handle = setTimeout(run, milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};
