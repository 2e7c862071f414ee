import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { sleep } from './sleep.ts';

describe('the system clock', () => {
  it('a timer fires once, after its time, and never if it was cancelled', async () => {
    let fired = 0;
    systemClock.after(5, () => {
      fired += 1;
    });
    const cancelled = systemClock.after(5, () => {
      fired += 100;
    });
    cancelled.cancel();
    cancelled.cancel();
    await pause(40);
    expect(fired).toBe(1);
  });

  it('a timer of more than 25 days does not fire at once', async () => {
    let fired = false;
    const timer = systemClock.after(40 * 86_400_000, () => {
      fired = true;
    });
    await pause(30);
    timer.cancel();
    expect(fired).toBe(false);
  });

  it('a sleep ends after its time or at the abort, whichever comes first', async () => {
    const began = systemClock.monotonic();
    await sleep(systemClock, 10_000, AbortSignal.timeout(20));
    await sleep(systemClock, 10_000, AbortSignal.abort());
    await sleep(systemClock, 10);
    expect(systemClock.monotonic() - began).toBeLessThan(5000);
  });
});
