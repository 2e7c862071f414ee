import { describe, expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { submitted } from '#testing/submitted.ts';
import type { Outcome, Usage } from '#wire/outcome.ts';
import { apply } from '../queue/apply.ts';
import { mostAttempts } from '../queue/attempt-records.ts';
import { Queue } from '../queue/queue.ts';
import { JobAds } from './job-ads.ts';

function claimed() {
  const queue = new Queue();
  submitted(queue, { ad: jobTexts() });
  const job = { cluster: 1, proc: 0 };
  const claim = { generation: 'g', id: 'c', epoch: 1 };
  const pilot = { uid: 'u', name: 'p', group: 'g' };
  apply(queue, { type: 'claim', at: 0, job, claim, pilot, takes: { cpus: 1, memory: 1, disk: 1, gpus: 0 } });
  return { queue, job };
}

const resultOf = (outcome: Outcome, usage: Usage) => ({
  outcome,
  startedAt: 0,
  endedAt: 1000,
  usage,
  outputs: [],
});

function ended(outcome: Outcome, usage: Usage = { wallSeconds: 1 }) {
  const { queue, job } = claimed();
  const result = resultOf(outcome, usage);
  apply(queue, { type: 'end', at: 1000, job, epoch: 1, result, next: { state: 'Completed' } });
  return new JobAds().whole(queue.find(job)!);
}

describe('the ad of an ended job', () => {
  it.each([
    [{ kind: 'signalled', signal: 'SIGKILL' }, true, 9],
    [{ kind: 'signalled', signal: 'SIG34' }, true, 34],
    [{ kind: 'signalled', signal: 'SIG64' }, true, 64],
  ] as const)('the ad of a job has the signal number of %j', (outcome, bySignal, number) => {
    const ad = ended(outcome);
    expect(ad.evaluateBoolean('ExitBySignal')).toBe(bySignal);
    expect(ad.evaluateNumber('ExitSignal')).toBe(number);
  });

  it("the ad of an ended job has its usage, with HTCondor's names and units", () => {
    const ad = ended(
      { kind: 'exited', exitCode: 0 },
      { wallSeconds: 1, cpuSeconds: 1.5, memoryPeakBytes: 3 * 2 ** 20 + 1, diskPeakBytes: 2049 },
    );
    expect(ad.evaluateNumber('RemoteUserCpu')).toBe(1.5);
    expect(ad.evaluateNumber('MemoryUsage')).toBe(4);
    expect(ad.evaluateNumber('ResidentSetSize')).toBe(3073);
    expect(ad.evaluateNumber('DiskUsage')).toBe(3);
  });
});

it('on_exit expressions see what this run used, and not only the one before', () => {
  const { queue, job } = claimed();
  const result = resultOf({ kind: 'exited', exitCode: 1 }, { wallSeconds: 1, memoryPeakBytes: 2 ** 31 });
  const ad = new JobAds().atEnd(queue.find(job)!, result);
  expect(ad.evaluateNumber('MemoryUsage')).toBe(2048);
  expect(ad.evaluateNumber('RemoteWallClockTime')).toBe(1);
});

it('on_exit expressions see when this run began, even when nothing was heard of it before its end', () => {
  const { queue, job } = claimed();
  const result = {
    ...resultOf({ kind: 'exited', exitCode: 1 }, { wallSeconds: 1 }),
    startedAt: 7000,
    endedAt: 9000,
  };
  const ad = new JobAds().atEnd(queue.find(job)!, result);
  expect(ad.toTexts()).toMatchObject({ JobCurrentStartDate: '7', JobStartDate: '7', NumJobStarts: '1' });
});

it("a job that has not run looks as in HTCondor's queue: no signal, and no time used", () => {
  const queue = new Queue();
  submitted(queue, { ad: jobTexts() });
  const ad = new JobAds().whole(queue.find({ cluster: 1, proc: 0 })!).toTexts();
  expect(ad).toMatchObject({ ExitBySignal: 'false', RemoteWallClockTime: '0.0', NumJobStarts: '0' });
  expect(ad).not.toHaveProperty('JobRunCount');
});

it('a job that is retried counts the time of all its executions, including forgotten ones', () => {
  const { queue, job } = claimed();
  const takes = { cpus: 1, memory: 1, disk: 1, gpus: 0 };
  const runs = mostAttempts + 5;
  for (let epoch = 1; epoch <= runs; epoch += 1) {
    const claim = { generation: 'g', id: `c${epoch}`, epoch };
    const pilot = { uid: 'u', name: 'p', group: 'g' };
    if (epoch > 1) apply(queue, { type: 'claim', at: 0, job, claim, pilot, takes });
    const result = resultOf({ kind: 'exited', exitCode: 1 }, { wallSeconds: 1 });
    if (epoch === runs)
      expect(new JobAds().atEnd(queue.find(job)!, result).evaluateNumber('RemoteWallClockTime')).toBe(runs);
    apply(queue, { type: 'end', at: 1000, job, epoch, result, next: { state: 'Idle', reason: 'again' } });
  }
  expect(new JobAds().whole(queue.find(job)!).toTexts()).toMatchObject({
    RemoteWallClockTime: `${runs}.0`,
    JobRunCount: String(runs),
    JobCurrentStartExecutingDate: '0',
  });
});
