import type { Clock } from '#base/clock.ts';

export interface Watchdog {
  /** Aborts with what was given to `watchdog`, or when it was quiet for too long. */
  readonly signal: AbortSignal;
  /** Something was heard. */
  alive(): void;
  /** No more guarding. */
  end(): void;
}

/**
 * Guards something that should speak now and then and end some day.
 * @param options.silenceMs longest time between two calls of `alive`
 * @param options.wholeMs longest time in all
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
  // One timer that looks again, instead of a new one for every word that is heard.
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
