import { describe, expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Job } from '../jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';
import { afterEnd } from '../jobs/trouble.ts';
import { Backoff } from './backoff.ts';

describe('backoff', () => {
  const cluster = { id: 1, key: 'a/k', owner: 'a', queuedAt: 0, ad: jobTexts(), procs: 1 };

  const begin = (failures: number) => {
    const clock = new ManualClock();
    const rested: Job[] = [];
    const backoff = new Backoff({ clock, onReady: (jobs) => rested.push(...jobs) });
    const job = newJob(cluster, { proc: 0, state: 'Idle' });
    for (let failed = 0; failed < failures; failed += 1)
      job.trouble = afterEnd(job, { kind: 'exited', exitCode: 1 }, clock.wall());
    return { clock, rested, backoff, job };
  };

  it("a job's backoff ends after its time", () => {
    const { clock, rested, backoff, job } = begin(3);
    backoff.update(job);
    clock.advance(3_000);
    expect(rested).toEqual([]);
    clock.advance(2_000);
    expect(rested).toEqual([job]);
    backoff.close();
  });

  it("a job's backoff does not last a day if the clock is set back by a day", () => {
    const { clock, rested, backoff, job } = begin(20);
    backoff.update(job);
    expect(backoff.has(job)).toBe(true);
    clock.jump(-86_400_000);
    clock.advance(1_000);
    expect(rested).toEqual([job]);
    backoff.update(job);
    expect(backoff.has(job)).toBe(false);
    backoff.close();
  });
});
