import { expect, it } from 'vitest';
import { jobAd } from '#testing/ads.ts';
import type { JobState } from '../jobs/job-state.ts';
import { shortTime } from './durations.ts';
import { verdictOf } from './verdict.ts';

const now = 1000;

const at = (state: JobState, ad: Readonly<Record<string, string>>) =>
  verdictOf({ ad: jobAd(ad), state, environment: { now: () => now } });

const words = (name: string, text: string): string =>
  `The job attribute ${name} expression '${text}' evaluated to TRUE`;

it("a periodic_hold without a reason of its own gives HTCondor's reason", () => {
  const reason = words('PeriodicHold', 'JobStatus == 1 && (time() - QDate) > 5');
  expect(
    at('Idle', { JobStatus: '1', QDate: '990', PeriodicHold: 'JobStatus == 1 && (time() - QDate) > 5' }),
  ).toEqual({ action: 'hold', why: { code: 3, reason } });
});

it('a hold takes its reason and its subcode from the job, as literals or expressions', () => {
  const ad = {
    PeriodicHold: 'true',
    PeriodicHoldReason: 'strcat("cluster ", ClusterId)',
    PeriodicHoldSubCode: '3 + 4',
    ClusterId: '23',
  };
  expect(at('Idle', ad)).toEqual({ action: 'hold', why: { code: 3, reason: 'cluster 23', subcode: 7 } });
});

it('a subcode that is not a number and a reason that is not a string are ignored', () => {
  const ad = { PeriodicHold: '2', PeriodicHoldReason: '5', PeriodicHoldSubCode: '"x"' };
  expect(at('Idle', ad)).toEqual({ action: 'hold', why: { code: 3, reason: words('PeriodicHold', '2') } });
});

it.each(['NoSuch > 3', '"abc" + 1', 'undefined', '"true"', '0'])(
  'a policy that evaluates to %s does not act',
  (text) => {
    const ad = { PeriodicHold: text, PeriodicRemove: text, PeriodicRelease: text, PeriodicVacate: text };
    for (const state of ['Idle', 'Running', 'Held'] as const) expect(at(state, ad)).toBeUndefined();
  },
);

it('for an idle job, hold precedes removal, and release and vacate do not apply', () => {
  const all = {
    PeriodicHold: 'true',
    PeriodicRemove: 'true',
    PeriodicRelease: 'true',
    PeriodicVacate: 'true',
  };
  expect(at('Idle', all)).toMatchObject({ action: 'hold' });
  expect(at('Idle', { ...all, PeriodicHold: 'false' })).toMatchObject({
    action: 'remove',
    why: { reason: words('PeriodicRemove', 'true') },
  });
});

it('for a running job, the allowed durations come first, then vacate, hold and remove', () => {
  const all = {
    AllowedJobDuration: '65',
    ShadowBday: String(now - 65),
    AllowedExecuteDuration: '5',
    JobCurrentStartDate: String(now - 6),
    PeriodicVacate: 'true',
    PeriodicHold: 'true',
    PeriodicRemove: 'true',
  };
  expect(at('Running', all)).toEqual({
    action: 'hold',
    why: { code: 46, reason: 'The job exceeded allowed job duration of 01:05' },
  });
  expect(at('Running', { ...all, AllowedJobDuration: '66' })).toEqual({
    action: 'hold',
    why: { code: 47, reason: 'The job exceeded allowed execute duration of 00:05' },
  });
  const within = { ...all, AllowedJobDuration: '66', AllowedExecuteDuration: '6' };
  expect(at('Running', within)).toEqual({
    action: 'vacate',
    why: { code: 1000, reason: words('PeriodicVacate', 'true') },
  });
  expect(at('Running', { ...within, PeriodicVacate: 'false' })).toMatchObject({ action: 'hold' });
});

it('a held job is released before it is removed, unless a user holds it', () => {
  const both = { PeriodicRelease: 'true', PeriodicRemove: 'true', HoldReasonCode: '3' };
  expect(at('Held', both)).toMatchObject({
    action: 'release',
    why: { reason: words('PeriodicRelease', 'true') },
  });
  expect(at('Held', { ...both, HoldReasonCode: '1' })).toMatchObject({ action: 'remove' });
});

it('a job is removed after its TimerRemove, and held if that is not a number', () => {
  expect(at('Idle', { TimerRemove: '999' })).toMatchObject({ action: 'remove' });
  expect(at('Idle', { TimerRemove: '1000' })).toBeUndefined();
  expect(at('Idle', { TimerRemove: 'NoSuch' })).toEqual({
    action: 'hold',
    why: { code: 5, reason: "The job attribute TimerRemove expression 'NoSuch' evaluated to UNDEFINED" },
  });
});

it('for an ended job, only LeaveJobInQueue is evaluated', () => {
  const all = { PeriodicHold: 'true', PeriodicRemove: 'true' };
  expect(at('Completed', { ...all, LeaveJobInQueue: 'true' })).toBeUndefined();
  expect(at('Completed', { ...all, LeaveJobInQueue: 'time() < 1000' })).toEqual({ action: 'leave' });
});

it.each([
  [5, '00:05'],
  [65, '01:05'],
  [72_000, '20:00:00'],
  [259_200, '3+00:00:00'],
])('a duration of %s seconds is written %s', (seconds, text) => {
  expect(shortTime(seconds)).toBe(text);
});

it('the reason of a long policy shows its beginning and its value', () => {
  const text = `size("${'x'.repeat(100_000)}") > 0`;
  const verdicts = [
    at('Idle', { PeriodicHold: text }),
    at('Idle', { TimerRemove: `strcat(${text})` }),
    at('Idle', { PeriodicHold: 'true', PeriodicHoldReason: `"${'x'.repeat(100_000)}"` }),
  ];
  const reasons = verdicts.map((verdict) => (verdict?.action === 'hold' ? verdict.why.reason : ''));
  for (const reason of reasons) expect(reason.length).toBeLessThanOrEqual(1024);
  expect(reasons[0]).toMatch(/x…' evaluated to TRUE$/);
  expect(reasons[1]).toMatch(/x…' evaluated to UNDEFINED$/);
});
