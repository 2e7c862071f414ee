import { afterEach, beforeEach, expect, test } from 'vitest';
import { poolSpec } from '#spec/pool-spec.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { ClaimRef } from '#wire/claim.ts';
import { submitAnswer } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Pilot } from '../collector/pilot.ts';
import { jobName } from '../jobs/job.ts';

const minute = 60_000;
const exited: Outcome = { kind: 'exited', exitCode: 0 };

let pool: TestPool;
let clock: ManualClock;
/** The claims that the pilot was told to start. */
let told: ClaimRef[];

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  pool = await TestPool.start({ clock, leaseSeconds: 86_400 });
  told = [];
});
afterEach(() => pool.destroy());

const submit = async (procs: number, ad: Readonly<Record<string, string>> = {}, owner = 'alice') =>
  (
    await pool
      .client('submitter', owner)
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, ad) })
  ).cluster;

function pilotOf(uid: string, cores = 1): Pilot {
  const pilot = pool.core.pilots.register(
    {
      type: 'hello',
      protocol: 1,
      uid,
      name: uid,
      group: 'g',
      site: 's',
      slot: slotTexts({ Cpus: String(cores) }),
      claims: [],
      retireIn: 86_400,
      draining: false,
    },
    {
      send: () => undefined,
      sendPrinted: (message) => told.push((JSON.parse(message) as { claim: ClaimRef }).claim),
      close: () => undefined,
    },
  );
  pool.core.pilots.changed();
  return pilot;
}

/** Ends the job that runs on the pilot. @returns the job that holds its slot before anybody else has had a turn */
function finish(pilot: Pilot, outcome = exited): string | undefined {
  const [job] = pool.core.queue.heldBy(pilot.facts.uid);
  if (job === undefined) throw new Error('no job runs there');
  const at = clock.wall();
  void pool.core.claims.finished(pilot, {
    type: 'finished',
    claim: job.claim.ref,
    outcome,
    startedAt: at,
    endedAt: at,
    usage: { wallSeconds: 0 },
    outputs: [],
  });
  const [next] = pool.core.queue.heldBy(pilot.facts.uid);
  return next && jobName(next);
}

const runsOn = (pilot: Pilot) => pool.core.queue.heldBy(pilot.facts.uid).map(jobName);

test('the next job of a submitter follows in the turn in which the claim before it ends, and is told once that is durable', async () => {
  const cluster = await submit(3);
  const pilot = pilotOf('u1');
  await expect.poll(() => told.length).toBe(1);
  expect(finish(pilot)).toBe(`${cluster}.1`);
  expect(told).toHaveLength(1);
  await expect.poll(() => told.map(({ id }) => id)).toEqual([`${cluster}.0.1`, `${cluster}.1.1`]);
  expect(finish(pilot)).toBe(`${cluster}.2`);
  expect(finish(pilot)).toBeUndefined();
});

test('a slot is matched again once it was last matched twenty minutes ago', async () => {
  const cluster = await submit(4);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  clock.advance(11 * minute);
  expect(finish(pilot)).toBe(`${cluster}.1`);
  clock.advance(8 * minute);
  expect(finish(pilot)).toBe(`${cluster}.2`);
  clock.advance(2 * minute);
  expect(finish(pilot)).toBeUndefined();
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.3`]);
});

test('no job follows while somebody else waits', async () => {
  const cluster = await submit(3);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  await submit(1, {}, 'bob');
  expect(finish(pilot)).toBeUndefined();
});

test('no job follows while one of the same submitter with a higher priority waits', async () => {
  const cluster = await submit(3);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  const urgent = await submit(1, { JobPrio: '5' });
  expect(finish(pilot)).toBeUndefined();
  await expect.poll(() => runsOn(pilot)).toEqual([`${urgent}.0`]);
});

test('jobs that follow others do not count as starved, however long none of them is matched', async () => {
  const cluster = await submit(3);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  clock.advance(11 * minute);
  const [job] = pool.core.queue.heldBy('u1');
  const autocluster = job && pool.core.autoclusters.of(job);
  expect(finish(pilot)).toBe(`${cluster}.1`);
  expect(autocluster?.waitsSince).toBe(clock.monotonic());
});

test('no job follows on a slot that is kept free for others', async () => {
  const cluster = await submit(3);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  pilot.reservedFor = 1_000_000;
  expect(finish(pilot)).toBeUndefined();
});

test('no job follows on a pilot that drains', async () => {
  const cluster = await submit(3);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  pilot.drainReason = 'r';
  expect(finish(pilot)).toBeUndefined();
});

test('no job follows one that its pilot could not start, or that may have harmed other pilots', async () => {
  const cluster = await submit(5);
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  expect(finish(pilot, { kind: 'startFailed', blame: 'pilot', holdCode: 1, reason: 'r' })).toBeUndefined();
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.1`]);
  const [job] = pool.core.queue.heldBy('u1');
  if (job !== undefined) job.trouble = { losses: 2, failures: 2, retryAt: 0 };
  expect(finish(pilot)).toBeUndefined();
});

test('no job follows on a slot that no longer fits', async () => {
  const cluster = await submit(3, { Requirements: 'TARGET.Site =!= "closed"' });
  const pilot = pilotOf('u1');
  await expect.poll(() => runsOn(pilot)).toEqual([`${cluster}.0`]);
  const slot = pilot.facts.slot.clone();
  slot.setValue('Site', 'closed');
  pilot.facts = { ...pilot.facts, slot };
  expect(finish(pilot)).toBeUndefined();
});

test('no job follows that takes more cores than the one before it: quotas were asked for those', async () => {
  const groups = [{ name: 'atlas', cores: 2, surplus: false }];
  pool.core.applySpec(poolSpec.parse({ accounting: { groups } }));
  const pilot = pilotOf('u', 8);
  await submit(2, { AcctGroup: '"atlas"', RequestCpus: 'TARGET.Cpus > 6 ? 2 : TARGET.Cpus' });
  const cores = () => pool.core.accountant.standing('atlas.alice', clock.monotonic()).cores;
  await expect.poll(cores).toBe(2);
  const other = await submit(1, { RequestCpus: '3' }, 'bob');
  await expect.poll(() => pool.core.queue.find({ cluster: other, proc: 0 })?.state).toBe('Running');
  finish(pilot);
  expect(cores()).toBe(0);
});
