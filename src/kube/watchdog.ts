import type { Clock } from '#base/clock.ts';

export interface Watchdog {
  /** Aborts with the signal given to `watchdog`, or after too long a silence or time. */
  readonly signal: AbortSignal;
  /** Call this when something came. */
  alive(): void;
  /** Stops watching. */
  end(): void;
}

/**
 * Watches something that should send something now and then, and end at some time.
 * @param options.silenceMs the longest time between two calls of `alive`
 * @param options.wholeMs the longest time in all
 */
export function watchdog(options: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly silenceMs: number;
  readonly wholeMs: number;
}): Watchdog {
  const { clock, silenceMs, wholeMs } = options;
  const abort = new AbortController();
  const end = clock.monotonic() + wholeMs;
  let last = clock.monotonic();
  const due = () => Math.min(last + silenceMs, end);
  // One timer that checks again, instead of a new timer for each call of `alive`.
  const look = () => {
    const left = due() - clock.monotonic();
    if (left > 0) timer = clock.after(left, look);
    else abort.abort(new Error('it was silent for too long, or lasted too long'));
  };
  let timer = clock.after(due() - last, look);
  return {
    signal: AbortSignal.any([options.signal, abort.signal]),
    alive: () => {
      last = clock.monotonic();
    },
    end: () => timer.cancel(),
  };
}
