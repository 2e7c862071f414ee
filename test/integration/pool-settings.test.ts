import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { uploadBlob } from '#client/blobs.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { digestOfToken } from '#telemetry/scrape-token.ts';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { auditAnswer } from '#wire/audit.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';

/** Each setting of a pool is passed to the program as people pass it, and its effect is seen from outside. */

let directory: string;
let pool: PoolCommand;
const clients: PoolClient[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-settings-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await pool.end('SIGTERM');
  await rm(directory, { recursive: true, force: true });
});

async function start(...words: string[]): Promise<void> {
  pool = await PoolCommand.start({ directory, arguments: words });
}

async function tokenOf(role: Role, subject: string): Promise<string> {
  return mintToken(await readFile(join(directory, 'pool.key')), { subject, role }, 600);
}

function client(role: Role = 'submitter', subject = 'alice'): PoolClient {
  const made = new PoolClient({ url: pool.url, token: () => tokenOf(role, subject) });
  clients.push(made);
  return made;
}

const submit = async (request: SubmitRequest = submitOf()) =>
  (await client().json('/v1/jobs', submitAnswer, { method: 'POST', json: request })).cluster;
const remove = (cluster: number) =>
  client().json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'remove', jobs: [`${cluster}`], reason: 'test' },
  });
const ended = async () => (await client().json('/v1/history', jobsAnswer)).jobs.map(({ id }) => id);
const waiting = async () => (await client().json('/v1/jobs', jobsAnswer)).jobs;
/** What the operator of a site sends. */
async function tell(path: string, body: unknown): Promise<void> {
  const authorization = `Bearer ${await tokenOf('operator', 'here')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const { ok } = await fetch(`${pool.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(ok).toBe(true);
}
const pilot = async () =>
  ScriptedPilot.start({ url: pool.url, token: await tokenOf('pilot', 'p'), uid: 'p' });

it('--directory is where a pool keeps its key', async () => {
  await start();
  expect(await readFile(join(directory, 'pool.key'))).not.toHaveLength(0);
});

it('--host and --port are where a pool listens', async () => {
  const server = createServer().listen(0, '127.0.0.2');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  pool = await PoolCommand.start({ directory, arguments: ['--host', '127.0.0.2', '--port', String(port)] });
  expect(pool.url).toBe(`http://127.0.0.2:${port}`);
  expect((await fetch(`${pool.url}/healthz`)).ok).toBe(true);
});

it('--metrics Open shows the metrics to whoever reaches the pool, Token to nobody without one', async () => {
  await start('--metrics', 'Open');
  expect((await fetch(`${pool.url}/metrics`)).status).toBe(200);
  await pool.end('SIGTERM');
  await start('--metrics', 'Token');
  expect((await fetch(`${pool.url}/metrics`)).status).toBe(401);
});

it('--metrics-tokens has digests of tokens that open the metrics, and nothing else', async () => {
  const file = join(directory, 'metrics-tokens');
  const ask = async (path: string, token: string) => {
    const answer = await fetch(`${pool.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    await answer.body?.cancel();
    return answer.status;
  };
  await start('--metrics-tokens', file);
  expect(await ask('/metrics', 'prometheus')).toBe(401);
  await writeFile(file, `${digestOfToken('prometheus')}\n`);
  expect(await ask('/metrics', 'prometheus')).toBe(200);
  expect(await ask('/metrics', 'guess')).toBe(401);
  expect(await ask('/v1/jobs', 'prometheus')).toBe(401);
});

it('--log-level keeps less severe lines out of the log', async () => {
  await start('--log-level', 'info');
  await eventually(() => expect(pool.log).toContain('pool is serving'));
  await pool.end('SIGTERM');
  await start('--log-level', 'error');
  await pool.end('SIGTERM');
  expect(pool.log).toBe('');
});

it('--keep-free is what a pool leaves of its volume', async () => {
  await start('--keep-free', '1000Ti');
  await expect(submit()).rejects.toMatchObject({ code: 'NoSpace' });
});

it('--job-memory is what waiting jobs may take', async () => {
  await start('--job-memory', '1Mi');
  const procs = Array.from({ length: 10_000 }, (_, proc) => ({
    attributes: { Args: `"${proc} ${'x'.repeat(100)}"` },
    inputs: [],
  }));
  await expect(submit({ ...submitOf(), procs })).rejects.toMatchObject({ code: 'TooLarge' });
});

it('--lease is what a pool tells its pilots', async () => {
  await start('--lease', '7m');
  expect((await pilot()).heard).toContainEqual(expect.objectContaining({ leaseSeconds: 420 }));
});

it('--most-lost-pilots is how many pilots a job may lose before it is held', async () => {
  await start('--most-lost-pilots', '1');
  const cluster = await submit();
  const pilots = [{ uid: 'p', name: 'p', group: 'test', registered: true }];
  await tell('/v1/bidders/here', { groups: [], pilots });
  const lost = await pilot();
  lost.started(await lost.next('start'));
  await eventually(async () => expect((await waiting())[0]?.ad.NumJobStarts).toBe('1'));
  await tell('/v1/pilots/p/gone', { reason: 'its node burned' });
  await eventually(async () => {
    expect((await waiting()).map(({ id, ad }) => [id, ad.JobStatus])).toEqual([[`${cluster}.0`, '5']]);
  });
});

it('--history-age is how long ended jobs are kept', async () => {
  await start('--history-age', '1s');
  await remove(await submit());
  await eventually(async () => expect(await ended()).toHaveLength(1));
  await eventually(async () => expect(await ended()).toEqual([]));
});

const audit = async () => (await client('admin').json('/v1/audit?after=0', auditAnswer)).records;

it('--audit-age is how long the audit remembers an act', async () => {
  await start('--audit-age', '1s', '--history-age', '4s');
  const first = await submit();
  const last = await submit();
  expect((await audit()).map(({ jobs }) => jobs)).toContainEqual([`${last}`]);
  await eventually(async () =>
    expect((await audit()).map(({ jobs }) => jobs)).not.toContainEqual([`${first}`]),
  );
});

it('--audit-size is how much the audit keeps', async () => {
  await start('--audit-size', '6Ki', '--history-age', '4s');
  for (let count = 0; count < 20; count += 1) await submit();
  // A third of that is for what users do: a few records of some hundred bytes.
  await eventually(async () => expect((await audit()).length).toBeLessThan(8));
  expect(await audit()).not.toEqual([]);
});

it('--trusted-proxies says for whom a proxy asks', async () => {
  await start('--trusted-proxies', '127.0.0.0/8');
  const authorization = `Bearer ${await tokenOf('submitter', 'alice')}`;
  const headers = {
    authorization,
    'content-type': 'application/json',
    'x-forwarded-for': '6.6.6.6, 192.0.2.7',
  };
  await fetch(`${pool.url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(submitOf()) });
  expect(await audit()).toMatchObject([{ what: 'submit', from: '192.0.2.7' }]);
});

it('--history-jobs is how many ended jobs are kept', async () => {
  await start('--history-jobs', '1', '--file-age', '1s');
  await remove(await submit());
  const last = await submit();
  await remove(last);
  await eventually(async () => expect(await ended()).toEqual([`${last}.0`]));
});

it('--key-age is how long the key of a submit gives its old cluster', async () => {
  await start('--history-age', '1s', '--key-age', '1s');
  const request = submitOf();
  const first = await submit(request);
  expect(await submit(request)).toBe(first);
  await remove(first);
  await eventually(async () => expect(await submit(request)).toBeGreaterThan(first));
});

it('--file-age is how long a file that no job names is kept', async () => {
  await start('--file-age', '1s');
  await uploadBlob(client(), join(directory, 'pool.key'));
  const files = async () =>
    (await readdir(join(directory, 'spool', 'blobs'), { recursive: true })).filter((name) =>
      /[0-9a-f]{64}$/.test(name),
    );
  expect(await files()).toHaveLength(1);
  await eventually(async () => expect(await files()).toEqual([]));
});
