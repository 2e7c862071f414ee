import { describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { Pace } from './pace.ts';

describe('the pace of work that is asked for again and again', () => {
  it('work that took 20 ms is done again after 200 ms', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock);
    const never = new AbortController().signal;
    await pace.turn(never);
    pace.do(() => clock.advance(20));
    let done = 0;
    const turns = [1, 2].map(async () => {
      await pace.turn(never);
      done += 1;
    });
    clock.advance(199);
    await Promise.resolve();
    expect(done).toBe(0);
    clock.advance(1);
    await Promise.all(turns);
    expect(done).toBe(2);
  });

  it('nobody waits for a turn who no longer listens', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock);
    pace.do(() => clock.advance(20));
    const gone = new AbortController();
    const turn = pace.turn(gone.signal);
    gone.abort();
    await turn;
    expect(clock.timers).toBe(0);
  });
});
