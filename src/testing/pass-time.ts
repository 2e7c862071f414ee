import type { ManualClock } from './manual-clock.ts';

/**
 * Lets time pass on a manual clock in steps, and between them lets everything go on that waits for promises, so that
 * work that starts new timers gets on.
 */
export async function passTime(
  clock: ManualClock,
  milliseconds: number,
  step = milliseconds / 20,
): Promise<void> {
  await settled();
  for (let left = milliseconds; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    await settled();
  }
}

/** Whole rounds of the event loop, so that chains of promises come to rest. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}
