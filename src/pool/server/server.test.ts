import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { announcementAnswer, type Bid, demandAnswer } from '#wire/bid.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { problem } from '#wire/problem.ts';
import type { Role } from '#wire/role.ts';

const bidOf = (more: Partial<Bid> = {}): Bid => ({ groups: [], pilots: [], waitSeconds: 0, ...more });

describe('the server of a pool', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  async function ask(
    role: Role | undefined,
    method: string,
    path: string,
    body?: string,
    type = 'application/json',
  ) {
    const headers: Record<string, string> = {};
    if (role !== undefined) headers.authorization = `Bearer ${await pool.token(role)}`;
    if (body !== undefined) headers['content-type'] = type;
    const answer = await request(`${pool.url}${path}`, {
      method: method as 'GET',
      headers,
      body: body ?? null,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, text };
  }

  it.each([
    [undefined, 'GET', '/v1/jobs', 401],
    ['pilot', 'GET', '/v1/jobs', 403],
    ['pilot', 'GET', '/v1/history', 403],
    ['pilot', 'GET', '/v1/pilots', 403],
    ['submitter', 'POST', '/v1/bidders/here', 403],
    ['pilot', 'POST', '/v1/jobs', 403],
    ['operator', 'POST', '/v1/jobs', 403],
    ['submitter', 'POST', '/v1/pilots/u/gone', 403],
    ['submitter', 'POST', '/v1/pilots/u/drain', 403],
    ['operator', 'PUT', `/v1/blobs/sha256:${'0'.repeat(64)}`, 403],
    ['submitter', 'PUT', '/v1/peeks/x', 403],
    ['pilot', 'GET', '/v1/room?bytes=1', 403],
    ['submitter', 'GET', '/v1/room?bytes=-1', 400],
    ['submitter', 'GET', '/v1/room', 400],
    ['submitter', 'GET', '/v1/jobs/1.0', 404],
    ['submitter', 'GET', '/v1/jobs/9999999999999999.999999999', 404],
    ['submitter', 'GET', '/v1/jobs/one', 400],
    ['submitter', 'GET', '/v1/jobs?constraint=1+%2B', 400],
    ['submitter', 'GET', '/v1/jobs?limit=-1', 400],
    ['submitter', 'GET', '/v1/blobs/sha256:..%2F..%2Fpool.key', 400],
    ['submitter', 'GET', `/v1/blobs/sha256:${'0'.repeat(64)}`, 404],
    ['submitter', 'GET', '/v1/nothing', 404],
    ['operator', 'POST', '/v1/bidders/..%2Fetc', 400],
    ['operator', 'POST', '/v1/pilots/nobody/drain', 404],
  ] as [Role | undefined, string, string, number][])(
    'the request %s %s %s is answered with %i',
    async (role, method, path, status) => {
      const put = method === 'PUT';
      const body = method === 'GET' ? undefined : put ? 'x' : JSON.stringify({ reason: 'r', ...bidOf() });
      const answer = await ask(role, method, path, body, put ? 'application/octet-stream' : undefined);
      expect([answer.status, answer.text]).toEqual([status, expect.any(String)]);
      expect(problem.parse(JSON.parse(answer.text)).message).not.toMatch(/at .*\.ts|node:|SQL|\/tmp\//);
    },
  );

  it.each([
    ['invalid JSON', '{"key": '],
    ['a body that pollutes prototypes', '{"__proto__": {"role": "admin"}}'],
    ['no procs', JSON.stringify({ ...submitOf(), procs: [] })],
    ['a key that is too short', JSON.stringify({ ...submitOf(), key: 'a' })],
    ['an attribute that is not a text', JSON.stringify({ ...submitOf(), cluster: { A: 1 } })],
    [
      'an input above the job’s directory',
      JSON.stringify({
        ...submitOf(),
        procs: [
          {
            attributes: {},
            inputs: [{ name: '../x', digest: `sha256:${'0'.repeat(64)}`, size: 0, executable: false }],
          },
        ],
      }),
    ],
  ])("a submit with %s is refused as the client's fault", async (_what, body) => {
    expect((await ask('submitter', 'POST', '/v1/jobs', body)).status).toBe(400);
    expect([...pool.core.queue.jobs()]).toEqual([]);
  });

  it('a body beyond the limit of its route is refused before it is read', async () => {
    const answer = await ask('submitter', 'POST', '/v1/jobs/actions', ' '.repeat(3 * 2 ** 20));
    expect(answer.status).toBe(413);
  });

  it('a submit with ten thousand procs is accepted, and as many are listed as requested', async () => {
    const client = pool.client('submitter', 'alice');
    const { cluster } = await client.json('/v1/jobs', submitAnswer, {
      method: 'POST',
      json: submitOf(10_000),
    });
    const { jobs, next } = await client.json('/v1/jobs', jobsAnswer, {
      query: { limit: 5, constraint: `ProcId >= 10 && ClusterId == ${cluster}` },
    });
    expect(jobs.map(({ id }) => id)).toEqual([10, 11, 12, 13, 14].map((proc) => `${cluster}.${proc}`));
    expect(next).toBe(`${cluster}.14`);
    const rest = { limit: 1_000_000, after: next, constraint: `ProcId < 20` };
    expect((await client.json('/v1/jobs', jobsAnswer, { query: rest })).jobs).toHaveLength(5);
  }, 20_000);

  it('a constraint of any depth does not crash the pool', async () => {
    await pool.client('submitter').json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    for (const constraint of ['('.repeat(5000), `${'!'.repeat(4900)}true`, `1${'-1'.repeat(4000)}`]) {
      const { status } = await ask(
        'submitter',
        'GET',
        `/v1/jobs?constraint=${encodeURIComponent(constraint)}`,
      );
      expect([200, 400]).toContain(status);
    }
  });

  it('a connection with many requests collects no listeners', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const agent = new Agent({ connections: 1, pipelining: 1 });
    const authorization = `Bearer ${await pool.token('operator')}`;
    for (let count = 0; count < 30; count += 1) {
      const answer = await request(`${pool.url}/v1/bidders/here`, {
        method: 'POST',
        dispatcher: agent,
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(bidOf({ waitSeconds: 1 })),
      });
      await answer.body.dump();
    }
    await agent.close();
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('a poll of a pool that knew nothing of its pilots is answered anew when they are announced', async () => {
    const operator = pool.client('operator');
    const poll = (json: Bid) => operator.json('/v1/bidders/new', demandAnswer, { method: 'POST', json });
    const first = await poll({ groups: [], waitSeconds: 0 });
    expect(first).toMatchObject({ known: false, reason: expect.stringContaining('not announced yet') });
    const second = poll({ groups: [], waitSeconds: 30, since: first.version });
    const json = { session: 's', complete: true, pilots: [], ended: [] };
    await operator.json('/v1/bidders/new/pilots', announcementAnswer, { method: 'POST', json });
    expect(await second).toMatchObject({ known: true, session: 's' });
  });

  it('a poll ends with its client, and an old poll does not undo a newer bid', async () => {
    const operator = pool.client('operator');
    const poll = (json: Bid, signal?: AbortSignal) =>
      operator.json('/v1/bidders/here', demandAnswer, { method: 'POST', json, signal });
    const { version } = await poll(bidOf());
    const gone = new AbortController();
    const group = (name: string) => ({
      name,
      template: slotTexts(),
      wanted: 0,
      decision: '',
      limits: [],
      phases: {},
    });
    const old = poll(bidOf({ since: version, waitSeconds: 30, groups: [group('old')] }), gone.signal);
    await expect.poll(() => pool.core.bidders.current()[0]?.bid.groups[0]?.name).toBe('old');
    const second = poll(bidOf({ since: version, waitSeconds: 30, groups: [group('old')] }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await poll(bidOf({ groups: [group('new')] }));
    gone.abort();
    await expect(old).rejects.toThrow();
    await operator
      .raw('/v1/pilots/u/gone', { method: 'POST', json: { reason: 'r' } })
      .then((a) => a.body.dump());
    await second;
    expect(pool.core.bidders.current()[0]?.bid.groups[0]?.name).toBe('new');
  });

  it('an upload that is cut off leaves nothing behind and logs no error', async () => {
    const token = await pool.token('submitter');
    const digest = `sha256:${'a'.repeat(64)}`;
    const upload = httpRequest(`${pool.url}/v1/blobs/${digest}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/octet-stream',
        'content-length': '1000000',
      },
    });
    upload.on('error', () => {});
    upload.write(Buffer.alloc(1000));
    const incoming = () => readdir(join(pool.directory, 'spool', 'incoming'));
    await expect.poll(async () => (await incoming()).length).toBe(1);
    upload.destroy();
    await expect.poll(async () => (await incoming()).length).toBe(0);
    expect(pool.log.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  });

  it('an upload with a wrong digest is refused', async () => {
    const content = 'hello';
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const type = 'application/octet-stream';
    expect((await ask('submitter', 'PUT', `/v1/blobs/${digest}`, 'hullo', type)).status).toBe(400);
    expect((await ask('submitter', 'HEAD', `/v1/blobs/${digest}`)).status).toBe(404);
    expect((await ask('submitter', 'PUT', `/v1/blobs/${digest}`, content, type)).status).toBe(204);
    expect(await ask('pilot', 'GET', `/v1/blobs/${digest}`)).toEqual({ status: 200, text: content });
  });

  it('probes need no token, metrics do, and metrics name nobody', async () => {
    await pool
      .client('submitter', 'alice')
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(3) });
    expect((await ask(undefined, 'GET', '/healthz')).status).toBe(200);
    expect((await ask(undefined, 'GET', '/metrics')).status).toBe(401);
    const { text } = await ask('operator', 'GET', '/metrics');
    expect(text).toContain('glidein_pool_jobs{state="Idle"} 3');
    expect(text).toContain('glidein_pool_submit_seconds_count 1');
    expect(text).toMatch(/glidein_pool_store_commit_seconds_count [1-9]/);
    expect(text).not.toContain('alice');
    const token = await pool.token('pilot', 'u1');
    const pilot = await ScriptedPilot.start({ url: pool.url, token, uid: 'u1' });
    await pilot.next('start', ({ job }) => job === '1.2');
    const later = (await ask('operator', 'GET', '/metrics')).text;
    expect(later).toContain('glidein_pool_slots{state="Claimed"} 3');
    expect(later).toContain('glidein_pool_slots{state="Unclaimed"} 1');
    expect(later).toContain('glidein_pool_claims_granted_total 3');
    expect(later).toContain('glidein_pool_job_wait_seconds_count 3');
    expect(later).toContain('glidein_pool_job_outcomes_total{outcome="Completed"} 0');
    expect(later).not.toContain('u1');
  });

  it('tells an operator who has the name of an owner nothing of the files of jobs', async () => {
    await pool
      .client('submitter', 'alice')
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    const asked = (role: 'operator' | 'submitter') =>
      pool.client(role, 'alice').json('/v1/jobs/1.0', jobsAnswer);
    expect((await asked('operator')).jobs[0]?.filesWithheld).toBe(true);
    expect((await asked('submitter')).jobs[0]?.filesWithheld).toBeUndefined();
  });

  it('a reader can follow a running payload, and is told if the pilot does not answer', async () => {
    const token = await pool.token('pilot', 'u1');
    const pilot = await ScriptedPilot.start({ url: pool.url, token, uid: 'u1' });
    const reader = pool.client('submitter', 'alice');
    await reader.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    pilot.started(await pilot.next('start'));
    const reading = reader.raw('/v1/jobs/1.0/logs/stdout');
    const peek = await pilot.next('peek');
    const bring = (as: string) =>
      pool.client('pilot', as).raw(`/v1/peeks/${peek.id}`, {
        method: 'PUT',
        body: (async function* () {
          yield 'so far';
        })() as never,
        headers: { 'content-type': 'application/octet-stream' },
      });
    await expect(bring('u2')).rejects.toMatchObject({ code: 'NotFound' });
    await (await bring('u1')).body.dump();
    const answer = await reading;
    expect(answer.headers['x-glidein-final']).toBe('false');
    expect(answer.headers['x-glidein-epoch']).toBe('1');
    expect(await answer.body.text()).toBe('so far');
    await expect(pool.client('submitter', 'bob').raw('/v1/jobs/1.0/logs/stdout')).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });

  it('a reader is not told that a payload printed all of this if it ended while its pilot answered', async () => {
    const token = await pool.token('pilot', 'u1');
    const pilot = await ScriptedPilot.start({ url: pool.url, token, uid: 'u1' });
    const reader = pool.client('submitter', 'alice');
    await reader.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
    const start = await pilot.begin('1.0');
    const reading = reader.raw('/v1/jobs/1.0/logs/stdout');
    const peek = await pilot.next('peek');
    await pilot.finish(start);
    await pool.client('pilot', 'u1').raw(`/v1/peeks/${peek.id}`, {
      method: 'PUT',
      body: Readable.from(['so far']),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect((await reading).headers['x-glidein-final']).toBe('false');
  });

  it('bytes that are not HTTP do not end the pool', async () => {
    const { port } = new URL(pool.url);
    await new Promise((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.end('\x00\xffGET nonsense\r\n\r\n'));
      socket.on('close', resolve);
      socket.on('error', () => {});
      socket.resume();
    });
    expect((await ask(undefined, 'GET', '/healthz')).status).toBe(200);
  });
});
