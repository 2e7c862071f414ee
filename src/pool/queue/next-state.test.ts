import { describe, expect, it } from 'vitest';
import { jobAd, jobTexts } from '#testing/ads.ts';
import { oneJob } from '#testing/submitted.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Job } from '../jobs/job.ts';
import { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from '../jobs/job-key.ts';
import { jobFromRecord, jobToRow } from '../jobs/rows.ts';
import { apply } from './apply.ts';
import { mostAttempts } from './attempt-records.ts';
import { nextState } from './next-state.ts';
import { Queue } from './queue.ts';

const exited = (exitCode: number): Outcome => ({ kind: 'exited', exitCode });
const startFailed = (blame: 'job' | 'pilot'): Outcome => ({
  kind: 'startFailed',
  blame,
  holdCode: 6,
  reason: 'r',
});

function fresh(): { queue: Queue; job: Job } {
  const queue = new Queue();
  return { queue, job: oneJob(queue, jobTexts()) };
}

function claim(queue: Queue, job: Job, uid = `u${job.epoch}`): void {
  const epoch = job.epoch + 1;
  const takes = { cpus: 1, memory: 1, disk: 1, gpus: 0 };
  const pilot = { uid, name: 'p', group: 'g' };
  apply(queue, {
    type: 'claim',
    at: 0,
    job: keyOf(job),
    claim: { generation: 'g', id: `${epoch}`, epoch },
    pilot,
    takes,
  });
}

function tryOnce(queue: Queue, job: Job, outcome: Outcome, uid?: string): ReturnType<typeof nextState> {
  claim(queue, job, uid);
  const next = nextState(job, jobAd(), outcome);
  const result = { outcome, startedAt: 1, endedAt: 1, usage: { wallSeconds: 0 }, outputs: [] };
  apply(queue, { type: 'end', at: 0, job: keyOf(job), epoch: job.epoch, result, next });
  return next;
}

describe('the next state of a job', () => {
  const { job } = fresh();
  const after = (outcome: Outcome, more: Readonly<Record<string, string>> = {}) =>
    nextState(job, jobAd(more), outcome, { now: () => 5 });

  it.each([
    ['exit 0 completes', exited(0), {}, { state: 'Completed' }],
    ['exit 1 completes too', exited(1), {}, { state: 'Completed' }],
    ['a signal completes', { kind: 'signalled', signal: 'SIGSEGV' }, {}, { state: 'Completed' }],
    [
      'on_exit_hold takes precedence over on_exit_remove',
      exited(0),
      { OnExitHold: 'true', OnExitRemove: 'true' },
      { state: 'Held', code: 3 },
    ],
    [
      'a job whose on_exit_remove is false is retried',
      exited(1),
      { OnExitRemove: 'false' },
      { state: 'Idle' },
    ],
    [
      'a hold on exit has the words of HTCondor',
      exited(0),
      { OnExitHold: '2' },
      { reason: "The job attribute OnExitHold expression '2' evaluated to TRUE" },
    ],
    [
      'a hold on exit has its own reason and subcode',
      exited(0),
      { OnExitHold: 'true', OnExitHoldReason: '"my own reason"', OnExitHoldSubCode: '42' },
      { state: 'Held', code: 3, reason: 'my own reason', subcode: 42 },
    ],
    ['an undefined on_exit_hold does not hold', exited(0), { OnExitHold: 'nope' }, { state: 'Completed' }],
    ['an undefined on_exit_remove completes', exited(0), { OnExitRemove: '"x" + 1' }, { state: 'Completed' }],
    [
      'a periodic_hold that is true at the end goes before on_exit_remove',
      exited(0),
      { PeriodicHold: 'true', OnExitRemove: 'false' },
      { state: 'Held', code: 3 },
    ],
    [
      'a periodic_remove that is true at the end completes the job that has ended',
      exited(1),
      { PeriodicRemove: 'true', OnExitHold: 'true' },
      { state: 'Completed' },
    ],
    ['a policy may read the time', exited(0), { OnExitRemove: 'time() == 5' }, { state: 'Completed' }],
    ['a job to blame is held', startFailed('job'), {}, { state: 'Held', code: 6 }],
    ['a pilot to blame means another try', startFailed('pilot'), {}, { state: 'Idle' }],
    ['a stopped payload runs again', { kind: 'stopped', reason: 'drain' }, {}, { state: 'Idle' }],
    [
      'a job whose output is missing is held',
      { kind: 'outputFailed', holdCode: 12, reason: 'r' },
      {},
      { state: 'Held', code: 12 },
    ],
    [
      'a job that used too much memory is held',
      { kind: 'exceeded', holdCode: 34, reason: 'r' },
      {},
      { state: 'Held', code: 34, reason: 'r' },
    ],
  ] as [string, Outcome, Record<string, string>, object][])('%s', (_what, outcome, ad, next) => {
    expect(after(outcome, ad)).toMatchObject(next);
  });

  it('a job that ten pilots in a row could not start is held', () => {
    const { queue, job } = fresh();
    for (let count = 1; count < 10; count += 1)
      expect(tryOnce(queue, job, startFailed('pilot')).state).toBe('Idle');
    expect(tryOnce(queue, job, startFailed('pilot')).state).toBe('Held');
  });

  it('a job that one pilot failed to start ten times is not held', () => {
    const { queue, job } = fresh();
    for (let count = 1; count < 15; count += 1)
      expect(tryOnce(queue, job, startFailed('pilot'), 'bad').state).toBe('Idle');
    for (let count = 1; count < 9; count += 1)
      expect(tryOnce(queue, job, startFailed('pilot')).state).toBe('Idle');
    expect(tryOnce(queue, job, startFailed('pilot')).state).toBe('Held');
  });

  it('start failures are counted anew after a payload that started', () => {
    const { queue, job } = fresh();
    for (let count = 1; count < 10; count += 1) tryOnce(queue, job, startFailed('pilot'));
    tryOnce(queue, job, { kind: 'stopped', reason: 'r' });
    expect(tryOnce(queue, job, startFailed('pilot')).state).toBe('Idle');
  });

  const outlived = (ranSeconds: number): Outcome => ({
    kind: 'stopped',
    reason: 'the pilot leaves: end of life',
    endOfLife: { lifeSeconds: 720, ranSeconds },
  });

  it('a job that three pilots in a row had no time for is held', () => {
    const { queue, job } = fresh();
    const first = tryOnce(queue, job, outlived(600), 'u1');
    expect(first).toMatchObject({
      state: 'Idle',
      reason: expect.stringMatching(/ran for up to 10m.*live for 12m.*3 pilots in a row/),
    });
    expect(tryOnce(queue, job, outlived(700), 'u2').state).toBe('Idle');
    expect(tryOnce(queue, job, outlived(650), 'u3')).toMatchObject({
      state: 'Held',
      code: 47,
      reason: expect.stringMatching(/^3 pilots in a row.*ran for up to 11m40s, and pilots live for 12m/),
    });
  });

  const release = (queue: Queue, job: Job) =>
    apply(queue, { type: 'release', at: 0, job: keyOf(job), reason: 'r' });

  it.each([
    ['three pilots had no time for it', outlived(600), 3],
    ['ten pilots could not start it', startFailed('pilot'), 10],
  ] as const)(
    'a job that was held because %s and that was released is not held again at the very next try',
    (_what, outcome, most) => {
      const { queue, job } = fresh();
      for (let round = 0; round < 3; round += 1) {
        for (let count = 1; count < most; count += 1) expect(tryOnce(queue, job, outcome).state).toBe('Idle');
        expect(tryOnce(queue, job, outcome).state).toBe('Held');
        release(queue, job);
      }
    },
  );

  it('a release is remembered when the pool reads its jobs from the disk again', () => {
    const { queue, job } = fresh();
    for (let count = 0; count < 3; count += 1) tryOnce(queue, job, outlived(600));
    release(queue, job);
    const again = jobFromRecord(job.cluster, job.proc, jobToRow(job).record);
    expect(nextState({ ...again, epoch: 4 }, jobAd(), outlived(600)).state).toBe('Idle');
  });

  it.each([
    ['one pilot alone', () => outlived(1), () => 'u'],
    [
      'other ends between them',
      (count: number) => (count % 3 === 2 ? ({ kind: 'stopped', reason: 'r' } as const) : outlived(1)),
      (count: number) => `u${count}`,
    ],
  ] as const)('a job does not count as outliving its pilots because of %s', (_what, outcome, uid) => {
    const { queue, job } = fresh();
    for (let count = 0; count < 9; count += 1)
      expect(tryOnce(queue, job, outcome(count), uid(count)).state).toBe('Idle');
  });

  it('a job that is retried without end keeps its newest attempts, and counts all of them', () => {
    const { queue, job } = fresh();
    const outcome: Outcome = { kind: 'stopped', reason: 'r' };
    for (let count = 0; count < mostAttempts + 30; count += 1) tryOnce(queue, job, outcome);
    expect(job.attempts).toHaveLength(mostAttempts);
    expect(job.attempts.at(-1)?.epoch).toBe(mostAttempts + 30);
    expect(new JobAds().whole(job).evaluateNumber('NumJobStarts')).toBe(mostAttempts + 30);
  });
});
