import { afterAll, beforeAll, expect, it } from 'vitest';
import { asciiLower } from '#classad/names.ts';
import { parseExpression } from '#classad/parser.ts';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';
import { changingAttributes } from '../jobs/changing-attributes.ts';
import { type Job, jobName } from '../jobs/job.ts';
import { Constraint } from './constraint.ts';
import { endedJobs } from './history.ts';

/** The jobs in this pool have ended in as many ways as there are. */
let pool: TestPool;

beforeAll(async () => {
  pool = await TestPool.start();
  const submit = async (
    owner: string,
    more: Record<string, string>,
    procs: SubmitRequest['procs'] = [{ attributes: {}, inputs: [] }],
  ) => {
    const json = { ...submitOf(1, more), procs };
    const client = pool.client('submitter', owner);
    return (await client.json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
  };
  const proc = (attributes: Record<string, string>) => ({ attributes, inputs: [] });
  const token = await pool.token('pilot', 'u1');
  const pilot = await ScriptedPilot.start({ url: pool.url, token, uid: 'u1' });
  const run = async (job: string, outcome?: Outcome) => {
    const start = await pilot.next('start', (each) => each.job === job);
    pilot.started(start);
    pilot.finished(start, outcome);
    await pilot.recorded(start.claim);
  };
  // A submit file also gives values to figures that the pool measures later.
  await submit('alice', { Campaign: '3', DiskUsage: '1', RemoteUserCpu: '0.0' });
  await run('1.0');
  await submit('Bob', { Campaign: '3 + 1', Half: 'Campaign / 2', MemoryUsage: '77' });
  await run('2.0', { kind: 'signalled', signal: 'SIGKILL' });
  await submit('alice', { Seed: '1', Far: 'RemoteWallClockTime + 1' }, [proc({ seed: '2' }), proc({})]);
  await run('3.0', { kind: 'exited', exitCode: 77 });
  await run('3.1');
  // Never run: their MemoryUsage is what was submitted.
  const cluster = await submit('alice', { MemoryUsage: '5', OnHold: 'true', Requirements: 'false' });
  const other = await submit('carol', { Requirements: 'false' }, [proc({ MemoryUsage: '6' }), proc({})]);
  await pool.client('admin', 'root').json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'remove', jobs: [String(cluster), String(other)], reason: 'test' },
  });
  await pool.core.ledger.foldNow();
});
afterAll(async () => {
  await pool.destroy();
});

/** Every ended job, of which none is left out. */
async function all(): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const job of endedJobs(pool.core, undefined)) jobs.push(job);
  return jobs;
}
const found = async (constraint: string) => {
  const client = pool.client('submitter', 'alice');
  const path = `/v1/history?constraint=${encodeURIComponent(constraint)}`;
  return (await client.json(path, jobsAnswer)).jobs.map(({ id }) => id);
};

it.each([
  'true',
  'false',
  'Owner == "ALICE"',
  'Owner =?= "bob"',
  'MY.Owner != "alice"',
  '"carol" == Owner',
  'ExitCode == 77',
  '77.0 == ExitCode && Owner == "alice"',
  'ExitCode =!= 0',
  'ExitCode isnt undefined',
  '0 < ExitCode',
  'ExitCode >= 5 || ExitBySignal',
  'ExitSignal == 9',
  'ExitCode is undefined',
  'JobStatus == 3',
  'JobStatus < 4 || Campaign == 3',
  'CompletionDate > 0',
  'CompletionDate < 4000000000 && NumJobStarts == 1',
  'EnteredCurrentStatus >= 1000',
  'QDate > 4000000000',
  'RemoteWallClockTime >= 0.0',
  'MemoryUsage > 0',
  'DiskUsage == 1',
  'MemoryUsage == 6',
  'MemoryUsage == 77',
  'LastRemoteHost == "u1"',
  'ClusterId == 3 && ProcId == 1',
  'Campaign == 3',
  'Campaign > 3',
  'Half == 2',
  'Seed == 1',
  'SEED == 2',
  'Seed == 1 && ExitCode == 0',
  'Far > 0.5',
  'Campaign == 4 && time() > 0',
  'eval("Cam" + "paign") == 3',
  'eval(strcat("Cam", "paign")) == 3',
  '!(Owner == "alice")',
  'OnHold',
  'Owner',
  'RemoveReason isnt undefined',
  'Nothing == 1',
])('a search for %s finds what an evaluation of every job finds', async (constraint) => {
  const expression = parseExpression(constraint);
  const whole = new Constraint(pool.core, expression);
  const expected = (await all()).filter((job) => whole.holds(job)).map(jobName);
  expect(await found(constraint)).toEqual(expected);
});

it('a search for many comparisons finds what an evaluation of every job finds', async () => {
  const many = (compare: (n: number) => string, joined: string) =>
    Array.from({ length: 80 }, (_, n) => compare(n)).join(joined);
  expect(await found(many((n) => `ExitCode != ${n + 100}`, ' && '))).toHaveLength(3);
  expect(await found(many((n) => `ExitCode == ${n}`, ' || '))).toHaveLength(3);
});

it('the conditions of the table above are true of some jobs and false of others', async () => {
  expect(await all()).toHaveLength(7);
  expect(await found('ExitCode == 77')).toHaveLength(1);
  expect(await found('MemoryUsage == 5')).toHaveLength(1);
  expect(await found('SEED == 2')).toHaveLength(1);
  expect(await found('MemoryUsage == 6')).toHaveLength(1);
});

it('a search reads no record of a job that its columns or its cluster rule out', async () => {
  const read = async (constraint: string) => {
    const search = { constraint, changing: [...changingAttributes], steps: 1000 };
    return (await pool.core.store.history(undefined, 100, search)).rows.map(
      ({ cluster, proc }) => `${cluster}.${proc}`,
    );
  };
  // 2, 4 and 5.0 were submitted with a MemoryUsage of their own.
  expect(await read('ExitCode == 78')).toEqual(['5.0', '4.0', '2.0']);
  expect(await read('Campaign == 9')).toEqual(['5.0', '4.0', '2.0']);
  expect(await read('Seed == 9')).toEqual(['5.0', '4.0', '3.0', '2.0']);
});

it('every attribute that the pool sets is among those that change', async () => {
  for (const job of await all()) {
    const own = new Set([...Object.keys(job.cluster.ad), ...Object.keys(job.attributes)].map(asciiLower));
    const set = [...pool.core.ads.whole(job).attributes()].map(({ name }) => asciiLower(name));
    expect(set.filter((name) => !own.has(name) && !changingAttributes.has(name))).toEqual([]);
  }
});
