import { afterEach, beforeEach, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';

let clock: ManualClock;
let pool: TestPool;

/** One look, and all that it finds is done: a job that is held at once comes last. */
async function look(): Promise<void> {
  const last = await submit({ Requirements: 'false', PeriodicHold: 'true' });
  clock.advance(60_000);
  await eventually(() => expect(job(last).state).toBe('Held'));
  await act('remove', String(last));
}

/** A pool that looks all the time: pilots that are connected need a clock that goes on. */
const hurry = async () => {
  await pool.destroy();
  pool = await TestPool.start({ settings: { periodicSeconds: 0.1 } });
};

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  pool = await TestPool.start({ clock, leaseSeconds: 360_000 });
});
afterEach(() => pool.destroy());

const client = () => pool.client('submitter', 'alice');

const queue = async (request: SubmitRequest): Promise<number> =>
  (await client().json('/v1/jobs', submitAnswer, { method: 'POST', json: request })).cluster;

const submit = (more: Readonly<Record<string, string>>, procs = 1) => queue(submitOf(procs, more));

const job = (cluster: number, proc = 0) => {
  const found = pool.core.queue.find({ cluster, proc });
  if (found === undefined) throw new Error(`there is no job ${cluster}.${proc}`);
  return found;
};

const adOf = (cluster: number, proc = 0) => pool.core.ads.whole(job(cluster, proc)).toTexts();

const listed = async (where: 'jobs' | 'history') => {
  const answer = await client().json(`/v1/${where}`, jobsAnswer);
  return answer.jobs.map(({ id }) => id);
};

const act = (action: 'hold' | 'release' | 'remove', name: string, reason = 'please') =>
  client().json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action, jobs: [name], reason },
  });

async function running(cluster: number) {
  const uid = `pilot-${cluster}`;
  const token = await pool.token('pilot', uid, 360_000);
  const pilot = await ScriptedPilot.start({ url: pool.url, token, uid, hello: { retireIn: 360_000 } });
  const start = await pilot.next('start', (message) => message.job === `${cluster}.0`);
  pilot.started(start);
  await eventually(() => expect(job(cluster).attempts.at(-1)?.startedAt).toBeDefined());
  return { pilot, start };
}

const restart = async () => {
  const { directory } = pool;
  await pool.stop();
  pool = await TestPool.start({ clock, leaseSeconds: 360_000, directory });
};

it('a waiting job is held once its periodic_hold is true, and the hold survives a restart', async () => {
  const cluster = await submit({
    Requirements: 'false',
    PeriodicHold: 'JobStatus == 1 && time() - EnteredCurrentStatus > 100',
    PeriodicHoldReason: '"too long"',
    PeriodicHoldSubCode: '7',
  });
  await look();
  expect(job(cluster).state).toBe('Idle');
  await look();
  expect(job(cluster).state).toBe('Held');
  await restart();
  expect(adOf(cluster)).toMatchObject({
    HoldReason: '"too long"',
    HoldReasonCode: '3',
    HoldReasonSubCode: '7',
    NumHolds: '1',
    NumHoldsByReason: '[ JobPolicy = 1 ]',
  });
});

it('a held job is released once its periodic_release is true, and shows its past holds', async () => {
  const cluster = await submit({
    Requirements: 'false',
    PeriodicHold: 'JobStatus == 1',
    PeriodicRelease: 'NumHolds < 3',
    PeriodicReleaseReason: '"once more"',
  });
  for (let looks = 0; looks < 8; looks += 1) await look();
  expect(adOf(cluster)).toMatchObject({
    JobStatus: '5',
    NumHolds: '3',
    LastHoldReasonCode: '3',
    LastReleaseReason: '"once more"',
  });
});

it('a job that a user holds is not released by its policy', async () => {
  const cluster = await submit({ Requirements: 'false', PeriodicRelease: 'true' });
  await act('hold', `${cluster}.0`);
  await look();
  expect(job(cluster)).toMatchObject({ state: 'Held', hold: { code: 1 } });
});

it('all jobs of a cluster are removed whose periodic_remove is true, and no other, whatever they share', async () => {
  const request = submitOf(200, { Requirements: 'false', PeriodicRemove: 'Limit > 5 && JobStatus == 1' });
  const procs = request.procs.map((proc, index) => ({ ...proc, attributes: { Limit: String(index % 10) } }));
  const cluster = await queue({ ...request, procs });
  clock.advance(60_000);
  await eventually(async () => expect(await listed('jobs')).toHaveLength(120));
  const left = [...pool.core.queue.jobsOf(cluster)].filter(({ state }) => state === 'Idle');
  expect(left.every(({ proc }) => proc % 10 <= 5)).toBe(true);
});

it('a proc can have a policy of its own', async () => {
  const request = submitOf(3, { Requirements: 'false' });
  const procs = request.procs.map((proc, index) => ({
    ...proc,
    attributes: index === 1 ? { PeriodicRemove: 'true' } : {},
  }));
  const cluster = await queue({ ...request, procs });
  clock.advance(60_000);
  await eventually(async () => expect(await listed('jobs')).toEqual([`${cluster}.0`, `${cluster}.2`]));
});

it("a removed job has HTCondor's reason in the history", async () => {
  const cluster = await submit({ Requirements: 'false', PeriodicRemove: 'JobStatus == 1' });
  clock.advance(60_000);
  await eventually(async () => {
    const { jobs } = await client().json('/v1/history', jobsAnswer);
    expect(jobs.find(({ id }) => id === `${cluster}.0`)?.ad).toMatchObject({
      JobStatus: '3',
      RemoveReason: `"The job attribute PeriodicRemove expression 'JobStatus == 1' evaluated to TRUE"`,
    });
  });
});

it.each([
  ['AllowedExecuteDuration', 47, 'The job exceeded allowed execute duration of 00:01'],
  ['AllowedJobDuration', 46, 'The job exceeded allowed job duration of 00:01'],
])('a job that runs for longer than its %s is stopped and held', async (name, code, reason) => {
  await hurry();
  const cluster = await submit({ [name]: '1' });
  const { pilot, start } = await running(cluster);
  await pilot.next('stop', ({ claim }) => claim.id === start.claim.id);
  expect(job(cluster)).toMatchObject({ state: 'Held', hold: { code, reason } });
});

it('a pilot whose clock is an hour slow does not make its job run for longer than it is allowed to', async () => {
  const cluster = await submit({ AllowedExecuteDuration: '1800', OnExitRemove: 'RemoteWallClockTime > 600' });
  const token = await pool.token('pilot', 'slow', 360_000);
  const pilot = await ScriptedPilot.start({
    url: pool.url,
    token,
    uid: 'slow',
    hello: { retireIn: 360_000 },
  });
  const start = await pilot.next('start');
  const slow = clock.wall() - 3_600_000;
  pilot.say({ type: 'started', claim: start.claim, at: slow });
  await eventually(() => expect(job(cluster).attempts.at(-1)?.startedAt).toBe(clock.wall()));
  clock.advance(5000);
  pilot.finished(start, { kind: 'exited', exitCode: 0 }, { startedAt: slow, endedAt: slow + 5000 });
  await pilot.recorded(start.claim);
  expect(adOf(cluster)).toMatchObject({ JobStatus: '1', RemoteWallClockTime: '5.0' });
});

it('a running job whose periodic_vacate is true is stopped, waits for its payload to be dead, and runs again', async () => {
  await hurry();
  const cluster = await submit({
    PeriodicVacate: 'NumJobStarts < 2',
    PeriodicVacateReason: '"go away"',
    PeriodicVacateSubCode: '5',
  });
  const { pilot, start } = await running(cluster);
  const stop = await pilot.next('stop', ({ claim }) => claim.id === start.claim.id);
  expect(stop.reason).toBe('go away');
  expect(job(cluster)).toMatchObject({ state: 'Idle', claim: { ref: start.claim } });
  expect(adOf(cluster)).toMatchObject({
    VacateReason: '"go away"',
    VacateReasonCode: '1000',
    VacateReasonSubCode: '5',
    NumVacates: '1',
  });
  pilot.finished(start, { kind: 'stopped', reason: 'go away' });
  // The next claim may be vacated before its start is sent: the job has started only once.
  const again = await pilot.next('start', ({ claim }) => claim.epoch > start.claim.epoch);
  expect(again.job).toBe(`${cluster}.0`);
});

it('a job that leaves itself in the queue is shown there when it has ended, until its expression is false', async () => {
  const cluster = await submit({ LeaveJobInQueue: 'JobStatus == 4 && time() - CompletionDate < 100' });
  const { pilot, start } = await running(cluster);
  pilot.finished(start, { kind: 'exited', exitCode: 0 });
  await pilot.recorded(start.claim);
  await restart();
  expect(await listed('jobs')).toEqual([`${cluster}.0`]);
  expect(await listed('history')).toEqual([]);
  expect(adOf(cluster)['JobStatus']).toBe('4');
  await look();
  expect(await listed('jobs')).toEqual([`${cluster}.0`]);
  await look();
  expect(await listed('jobs')).toEqual([]);
  expect(await listed('history')).toContain(`${cluster}.0`);
});

it('a job that leaves itself in the queue goes to the history when it is removed once more', async () => {
  const cluster = await submit({ Requirements: 'false', LeaveJobInQueue: 'true' });
  await act('remove', `${cluster}.0`);
  expect(await listed('jobs')).toEqual([`${cluster}.0`]);
  expect(adOf(cluster)['JobStatus']).toBe('3');
  await act('remove', String(cluster));
  expect(await listed('jobs')).toEqual([]);
  expect(await listed('history')).toEqual([`${cluster}.0`]);
});

it('a policy that takes too long holds its own jobs, and other jobs are still evaluated', async () => {
  const evil: Record<string, string> = { Requirements: 'false', PeriodicRemove: 'a20 == 1', a0: 'JobStatus' };
  for (let level = 1; level <= 20; level += 1) evil[`a${level}`] = `a${level - 1} + a${level - 1}`;
  const bad = await submit(evil, 3);
  const good = await submit({ Requirements: 'false', PeriodicHold: 'true' });
  clock.advance(60_000);
  await eventually(() => expect(job(good).state).toBe('Held'));
  await eventually(() => expect(job(bad, 2)).toMatchObject({ state: 'Held', hold: { code: 26 } }));
  expect(job(bad).hold?.reason).toContain('periodic expressions take too long');
});

it('policies are evaluated as often as the setting says', async () => {
  const { directory } = pool;
  await pool.stop();
  pool = await TestPool.start({ clock, directory, settings: { periodicSeconds: 5 } });
  const cluster = await submit({ Requirements: 'false', PeriodicHold: 'true' });
  clock.advance(4000);
  await pool.core.ledger.settled();
  expect(job(cluster).state).toBe('Idle');
  clock.advance(1000);
  await eventually(() => expect(job(cluster).state).toBe('Held'));
});

it('policies can read GlobalJobId, and RemoveReason of removed jobs', async () => {
  const waiting = await submit({ Requirements: 'false', PeriodicHold: 'regexp("\\\\.1#", GlobalJobId)' }, 3);
  const removed = await submit(
    { Requirements: 'false', LeaveJobInQueue: 'regexp("keep", RemoveReason) || time() < QDate + 30' },
    2,
  );
  await act('remove', `${removed}.0`, 'keep it');
  await act('remove', `${removed}.1`);
  await look();
  expect([0, 1, 2].map((proc) => job(waiting, proc).state)).toEqual(['Idle', 'Held', 'Idle']);
  expect([0, 1].map((proc) => job(removed, proc).stays)).toEqual([true, undefined]);
});

it('a policy that reads RemoteWallClockTime of a job that has not run reads zero, as in HTCondor', async () => {
  const waiting = await submit({ Requirements: 'false', PeriodicHold: 'RemoteWallClockTime + 5 > 3' });
  const unsignalled = await submit({ Requirements: 'false', PeriodicHold: 'ExitBySignal =?= false' });
  await look();
  expect([job(waiting).state, job(unsignalled).state]).toEqual(['Held', 'Held']);
});

it('LeaveJobInQueue can read RemoveReason when the job is removed', async () => {
  const cluster = await submit({ Requirements: 'false', LeaveJobInQueue: 'regexp("keep", RemoveReason)' }, 2);
  await act('remove', `${cluster}.0`, 'keep it');
  await act('remove', `${cluster}.1`);
  expect(await listed('jobs')).toEqual([`${cluster}.0`]);
});

it('no policy acts on a removed job while its payload is being ended', async () => {
  const cluster = await submit({ PeriodicHold: 'NumJobStarts > 3' });
  await running(cluster);
  await act('remove', `${cluster}.0`);
  const { seq } = job(cluster);
  await look();
  expect(job(cluster)).toMatchObject({ state: 'Removed', claim: { pilotUid: `pilot-${cluster}` }, seq });
});

it('a policy that demands the same of a billion jobs is carried out with one record', async () => {
  const series = (ad: Readonly<Record<string, string>>) =>
    queue({
      ...submitOf(1, { Requirements: 'false', ...ad }),
      procs: { count: 1e9, attributes: { Args: '"$(ProcId)"' }, inputs: [] },
    } as never);
  const held = await series({ PeriodicHold: 'true', PeriodicHoldReason: '"too long"' });
  const removed = await series({ PeriodicRemove: 'true' });
  await look();
  expect(pool.core.queue.countIn('Held')).toBe(1e9);
  expect(job(held, 5).hold).toMatchObject({ reason: 'too long' });
  await pool.core.ledger.foldNow();
  expect(pool.core.queue.fresh(removed)).toBeUndefined();
});
