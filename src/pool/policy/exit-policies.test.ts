import { describe, expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { JobAds } from '../jobs/job-ads.ts';
import { newJob } from '../jobs/new-job.ts';
import { nextState } from '../queue/next-state.ts';
import { ExitPolicies } from './exit-policies.ts';
import { staysAfter } from './leave-in-queue.ts';

const names = [
  'AllowedJobDuration',
  'AllowedExecuteDuration',
  'TimerRemove',
  'PeriodicHold',
  'PeriodicRelease',
  'PeriodicRemove',
  'PeriodicVacate',
  'OnExitHold',
  'OnExitRemove',
  'LeaveJobInQueue',
];
const texts = ['true', 'false', 'undefined', '0', '1', '-1', 'error', '"x"', 'ExitCode =?= 0', 'time() > 5'];
const environment = { now: () => 1_700_000_000 };

function jobWith(cluster: Record<string, string>, attributes: Record<string, string>) {
  const ad = jobTexts(cluster);
  const job = newJob(
    { id: 1, key: 'k', owner: 'alice', queuedAt: 0, ad, procs: 1 },
    { proc: 0, state: 'Running', attributes, epoch: 1 },
  );
  const claimedAt = 1_699_999_000_000;
  job.attempts = [{ epoch: 1, pilot: 'p', pilotUid: 'u', group: 'g', claimedAt, startedAt: claimedAt }];
  return job;
}

/** Where the job goes by its whole ad. */
function byItsAd(job: ReturnType<typeof jobWith>) {
  const outcome = { kind: 'exited', exitCode: 0 } as const;
  const endedAt = environment.now() * 1000;
  const ad = new JobAds().atEnd(job, { outcome, endedAt, usage: { wallSeconds: 1 }, outputs: [] });
  const next = nextState(job, ad, outcome, environment);
  if (next.state !== 'Completed') return next;
  return { ...next, ...staysAfter(ad, { state: 'Completed', at: endedAt, environment }) };
}

describe('policies at the end of a program', () => {
  it.each(names.flatMap((name) => texts.map((text) => [name, text] as const)))(
    'a job with %s = %s that is said to just complete does so by its whole ad',
    (name, text) => {
      const policies = new ExitPolicies();
      for (const job of [jobWith({ [name]: text }, {}), jobWith({}, { [name.toUpperCase()]: text })]) {
        if (!policies.mayDecide(job)) expect(byItsAd(job)).toEqual({ state: 'Completed' });
      }
    },
  );

  it('do not decide about what condor_submit writes for a job without policies', () => {
    const job = jobWith(
      { OnExitRemove: 'true', OnExitHold: 'false', LeaveJobInQueue: 'false' },
      { Args: '"1"' },
    );
    expect(new ExitPolicies().mayDecide(job)).toBe(false);
  });

  it('decide if only one proc of the cluster has one', () => {
    const policies = new ExitPolicies();
    const job = jobWith({}, {});
    expect(policies.mayDecide(job)).toBe(false);
    expect(policies.mayDecide({ cluster: job.cluster, attributes: { onexithold: 'ExitCode > 3' } })).toBe(
      true,
    );
  });
});
