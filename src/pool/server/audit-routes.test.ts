import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolClient } from '#client/pool-client.ts';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type AuditRecord, auditAnswer } from '#wire/audit.ts';
import { type JobActionRequest, jobActionAnswer, submitAnswer } from '#wire/jobs.ts';

/** For what a busy machine takes. */
const patience = { timeout: 10_000 };

describe('the audit', () => {
  let pool: TestPool;
  let ada: PoolClient;
  let bob: PoolClient;
  let root: PoolClient;

  beforeEach(async () => {
    pool = await TestPool.start();
    [ada, bob, root] = [
      pool.client('submitter', 'ada'),
      pool.client('submitter', 'bob'),
      pool.client('admin', 'root'),
    ];
  });
  afterEach(() => pool.destroy());

  const submit = async (client: PoolClient, procs = 1) =>
    (await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs) })).cluster;
  const change = (client: PoolClient, action: Omit<JobActionRequest, 'reason'>) =>
    client.json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { reason: 'why not', ...action },
    });
  const ask = (client: PoolClient, query: Record<string, string | number> = {}) =>
    client.json('/v1/audit', auditAnswer, { query: { after: 0, ...query } });
  const told = async (
    client: PoolClient,
    query: Record<string, string | number> = {},
  ): Promise<AuditRecord[]> => (await ask(client, query)).records;
  const acts = async (client: PoolClient, query: Record<string, string | number> = {}) =>
    (await told(client, query)).map(({ subject, what, jobs = [] }) => [subject, what, ...jobs].join(' '));

  it('tells who did what to which jobs, when, from where and with which client', async () => {
    const began = Date.now();
    const cluster = await submit(ada, 3);
    await change(ada, { action: 'hold', jobs: [`${cluster}.0`, `${cluster}.1`] });
    const [first, second, ...more] = await told(ada);
    expect(first).toEqual({
      seq: 1,
      at: expect.any(Number),
      what: 'submit',
      subject: 'ada',
      role: 'submitter',
      from: '127.0.0.1',
      agent: expect.stringMatching(/^glidein\/\d+\./),
      count: 3,
      jobs: [`${cluster}`],
      owners: { ada: 3 },
    });
    expect(first?.at).toBeGreaterThanOrEqual(began);
    expect(second).toMatchObject({
      what: 'hold',
      count: 2,
      jobs: [`${cluster}.0-${cluster}.1`],
      reason: 'why not',
    });
    expect(more).toEqual([]);
  });

  it('shows everything to an admin, and to users what they did and what was done to their jobs', async () => {
    const [a, b] = [await submit(ada), await submit(bob, 2)];
    await change(root, { action: 'hold', all: true });
    await change(root, { action: 'release', jobs: [`${b}.1`] });
    expect(await acts(root)).toEqual([
      `ada submit ${a}`,
      `bob submit ${b}`,
      `root hold ${a}.0 ${b}.0-${b}.1`,
      `root release ${b}.1`,
    ]);
    expect(await acts(ada)).toEqual([`ada submit ${a}`, 'root hold']);
    expect((await told(ada))[1]).toMatchObject({ count: 1, owners: { ada: 1 } });
    expect(JSON.stringify(await told(ada))).not.toContain('bob');
    expect(await acts(bob)).toEqual([`bob submit ${b}`, 'root hold', `root release ${b}.1`]);
  });

  it('tells nobody by the question about a job whether another’s was in the same bulk act', async () => {
    const [a, b] = [await submit(ada), await submit(bob, 2)];
    await change(root, { action: 'hold', all: true });
    await change(bob, { action: 'release', jobs: [`${b}.1`] });
    for (const job of [`${b}`, `${b}.0`, `${b}.7`, `${b + 1}`]) expect(await acts(ada, { job })).toEqual([]);
    expect(await acts(ada, { job: `${a}` })).toEqual([`ada submit ${a}`, 'root hold']);
    expect(await acts(ada, { job: `${a}.0` })).toEqual([`ada submit ${a}`, 'root hold']);
    expect(await acts(bob, { job: `${b}.1` })).toEqual([
      `bob submit ${b}`,
      'root hold',
      `bob release ${b}.1`,
    ]);
    expect(await acts(root, { job: `${b}.1` })).toHaveLength(3);
    // What has left the memory is in the database.
    await change(root, { action: 'remove', all: true });
    await expect.poll(() => pool.core.queue.cluster(a), patience).toBeUndefined();
    expect(await acts(ada, { job: `${a}` })).toEqual([`ada submit ${a}`, 'root hold', 'root remove']);
    expect(await acts(ada, { job: `${b}` })).toEqual([]);
  });

  it('shows an operator only what it did, and a pilot nothing', async () => {
    await submit(ada);
    expect(await told(pool.client('operator', 'site'))).toEqual([]);
    expect(await told(pool.client('operator', 'ada'))).toEqual([]);
    await expect(ask(pool.client('pilot', 'u1'))).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('a bulk act is one record, however many commits it took', async () => {
    const clusters = [];
    for (let count = 0; count < 3; count += 1) clusters.push(await submit(ada, 400));
    for (const cluster of clusters)
      await change(ada, { action: 'prioritize', jobs: [`${cluster}.7`], priority: 3 });
    const answer = await change(root, { action: 'remove', constraint: 'ProcId < 400 && JobPrio =!= 7' });
    const [record, ...more] = await told(ada, { what: 'remove' });
    expect(more).toEqual([]);
    expect(record).toMatchObject({ subject: 'root', count: answer.changed, owners: { ada: answer.changed } });
    expect((await told(root, { what: 'remove' }))[0]).toMatchObject({
      constraint: 'ProcId < 400 && JobPrio =!= 7',
      count: 1200,
    });
  });

  it('a million procs that nobody has touched are one record', async () => {
    const series = { ...submitOf(), procs: { attributes: {}, inputs: [], count: 1_000_000 } };
    const { cluster } = await ada.json('/v1/jobs', submitAnswer, { method: 'POST', json: series });
    await change(ada, { action: 'hold', jobs: [`${cluster}`] });
    expect((await told(ada)).slice(1)).toMatchObject([
      { count: 1_000_000, jobs: [`${cluster}.0-${cluster}.999999`] },
    ]);
  });

  it('each owner finds what was done to his jobs, however many owners there are', async () => {
    const owners = Array.from({ length: 201 }, (_, number) => pool.client('submitter', `user ${number}`));
    await Promise.all(owners.map((owner) => submit(owner)));
    expect(await change(root, { action: 'hold', all: true })).toMatchObject({ changed: 201 });
    const [first, second, ...more] = await told(root, { what: 'hold' });
    expect([first?.count, second?.count, more]).toEqual([200, 1, []]);
    const found = await Promise.all(owners.map((owner) => told(owner, { what: 'hold' })));
    for (const [number, records] of found.entries())
      expect(records).toMatchObject([{ subject: 'root', owners: { [`user ${number}`]: 1 } }]);
  });

  it('tells of what was refused: to whoever tried, to the owner of the jobs, and to admins', async () => {
    const cluster = await submit(ada);
    await change(bob, { action: 'remove', jobs: [`${cluster}.0`] });
    await expect(ask(pool.client('pilot', 'u1'))).rejects.toMatchObject({ code: 'Forbidden' });
    const stranger = await fetch(`${pool.url}/v1/jobs`, {
      headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
    });
    expect(stranger.status).toBe(401);
    const denied = { what: 'remove', denied: true, subject: 'bob', jobs: [`${cluster}.0`] };
    // Nobody waits for the record of a refusal.
    await expect
      .poll(async () => (await told(root)).slice(1), patience)
      .toMatchObject([
        denied,
        { what: 'request', denied: true, subject: 'u1', object: 'GET /v1/audit' },
        { what: 'request', denied: true, object: 'GET /v1/jobs' },
      ]);
    expect((await told(root)).at(-1)).not.toHaveProperty('subject');
    expect(await told(bob)).toMatchObject([denied]);
    expect((await told(ada)).slice(1)).toMatchObject([denied]);
  });

  it('a refusal by role is told as the act that it was to be', async () => {
    const operator = pool.client('operator', 'site');
    await expect(submit(operator)).rejects.toMatchObject({ code: 'Forbidden' });
    await expect(
      ada.json('/v1/userprio', auditAnswer, { method: 'POST', json: { action: 'forget', user: 'bob' } }),
    ).rejects.toMatchObject({ code: 'Forbidden' });
    await expect.poll(() => acts(root), patience).toEqual(['site submit', 'ada userprio']);
  });

  it('tells of drains, changed priorities and backups', async () => {
    await ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', 'u1'), uid: 'u1' });
    const drain = { method: 'POST', json: { reason: 'new kernel' } } as const;
    await root.raw('/v1/pilots/u1/drain', drain);
    const factor = { action: 'setFactor', user: 'bob', factor: 500 };
    await (await root.raw('/v1/userprio', { method: 'POST', json: factor })).body.dump();
    await (await root.raw('/v1/pool/backup', { method: 'POST' })).body.dump();
    expect(await told(root)).toMatchObject([
      { what: 'drain', object: expect.stringContaining('(u1)'), reason: 'new kernel' },
      { what: 'userprio', object: 'bob', reason: 'setFactor 500' },
      { what: 'backup' },
    ]);
  });

  it('a job’s log that is followed is one record', async () => {
    const cluster = await submit(ada);
    await change(ada, { action: 'remove', jobs: [`${cluster}`] });
    for (let look = 0; look < 5; look += 1)
      await (await ada.raw(`/v1/jobs/${cluster}.0/logs/stdout`)).body.dump();
    expect(await told(ada, { what: 'download' })).toMatchObject([
      { object: 'stdout', jobs: [`${cluster}.0`] },
    ]);
  });

  it('a file is told with its job only if it is one of its results', async () => {
    const cluster = await submit(ada);
    const digest = `sha256:${'0'.repeat(64)}`;
    await expect(ada.raw(`/v1/blobs/${digest}?job=${cluster}.0`)).rejects.toMatchObject({ code: 'NotFound' });
    const [record] = await told(ada, { what: 'download' });
    expect(record).toMatchObject({ object: digest });
    expect(record).not.toHaveProperty('jobs');
  });

  it('a reader waits for the next record, and gets it as soon as it is on the disk', async () => {
    await submit(ada);
    const { last } = await ask(root);
    const next = ask(root, { after: last, wait: 20 });
    await submit(bob);
    expect((await next).records).toMatchObject([{ subject: 'bob', what: 'submit' }]);
  });

  it('finds records by who, what, job, address and time', async () => {
    const [a, b] = [await submit(ada), await submit(bob)];
    await change(ada, { action: 'hold', jobs: [`${a}.0`] });
    expect(await acts(root, { who: 'bob' })).toEqual([`bob submit ${b}`]);
    expect(await acts(root, { what: 'hold' })).toEqual([`ada hold ${a}.0`]);
    expect(await acts(root, { job: `${a}.0` })).toEqual([`ada submit ${a}`, `ada hold ${a}.0`]);
    expect(await acts(root, { from: '10.0.0.1' })).toEqual([]);
    expect(await acts(root, { since: Date.now() + 60_000 })).toEqual([]);
  });

  it('a restart keeps the records and their numbers, and no record holds a token', async () => {
    await submit(ada);
    const before = await ask(root);
    const token = await pool.token('admin', 'root');
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    const again = pool.client('admin', 'root');
    expect(await ask(again)).toEqual(before);
    await submit(pool.client('submitter', 'bob'));
    const all = await ask(again);
    expect(all.records.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(JSON.stringify(all)).not.toContain(token.slice(0, 30));
  });

  it('keeps what a retention of age leaves', async () => {
    await pool.stop();
    const retention = {
      historyAge: 1e9,
      historyJobs: 1e6,
      keyAge: 1e9,
      fileAge: 1e9,
      audit: { age: 1, bytes: 1e9 },
    };
    pool = await TestPool.start({ directory: pool.directory, settings: { retention } });
    const [client, admin] = [pool.client('submitter', 'ada'), pool.client('admin', 'root')];
    await submit(client);
    const last = await submit(client);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await pool.core.retention?.sweep();
    await eventually(async () => expect(await acts(admin)).toEqual([`ada submit ${last}`]));
  });
});
