import type { Clock } from './clock.ts';

/**
 * Resolves after `milliseconds`, or at once when `signal` aborts.
 *
 * **Gotchas.** It resolves in both cases and never rejects, so the caller must check the signal before it goes on.
 */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(milliseconds, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
