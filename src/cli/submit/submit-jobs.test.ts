import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PoolClient } from '#client/pool-client.ts';
import { jobTexts } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobsAnswer } from '#wire/jobs.ts';
import { submitJobs } from './submit-jobs.ts';

const request = { key: 'a-key-of-its-own', cluster: jobTexts() };
const numbered = { attributes: { Args: '"n $(ProcId) $(ClusterId)"' }, inputs: [] };

describe('a submit to a pool', () => {
  let pool: TestPool;
  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const argsOf = async (job: string) =>
    (await pool.client('submitter', 'alice').json(`/v1/jobs/${job}`, jobsAnswer)).jobs[0]?.ad['Args'];

  it('gives each job of a series its number', async () => {
    const client = pool.client('submitter', 'alice');
    const answer = await submitJobs(client, { ...request, procs: { count: 1500, ...numbered } });
    expect(answer).toEqual({ cluster: 1, procs: 1500 });
    expect([await argsOf('1.0'), await argsOf('1.1499')]).toEqual(['"n 0 1"', '"n 1499 1"']);
  });

  it('gives each job of a long list its own attributes', async () => {
    const client = pool.client('submitter', 'alice');
    const procs = Array.from({ length: 2500 }, (_, n) => ({ attributes: { Args: `"n ${n}"` }, inputs: [] }));
    expect(await submitJobs(client, { ...request, procs })).toEqual({ cluster: 1, procs: 2500 });
    for (const n of [0, 999, 1000, 2499]) expect(await argsOf(`1.${n}`)).toBe(`"n ${n}"`);
  });
});

describe('an older pool, which knows no series', () => {
  let server: Server;
  let client: PoolClient;
  const lists: { procs: unknown[] }[] = [];
  beforeEach(async () => {
    server = createServer((incoming, outgoing) => {
      void json(incoming).then((value) => {
        const body = value as { procs: unknown[] };
        const isList = Array.isArray(body.procs);
        if (isList) lists.push(body);
        const refusal = {
          code: 'InvalidArgument',
          message: 'procs: Invalid input: expected array, received object',
        };
        outgoing.writeHead(isList ? 200 : 400, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify(isList ? { cluster: 1, procs: body.procs.length } : refusal));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    client = new PoolClient({ url: `http://127.0.0.1:${port}`, token: async () => 'token' });
  });
  afterEach(async () => {
    await client.close();
    server.close();
  });

  it('gets the jobs of a series one by one', async () => {
    expect(await submitJobs(client, { ...request, procs: { count: 3, ...numbered } })).toEqual({
      cluster: 1,
      procs: 3,
    });
    const procs = [0, 1, 2].map((n) => ({ attributes: { Args: `"n ${n} $(ClusterId)"` }, inputs: [] }));
    expect(lists).toEqual([{ ...request, procs }]);
  });

  it('is not sent more jobs than it accepts', async () => {
    await expect(
      submitJobs(client, { ...request, procs: { count: 1_000_001, ...numbered } }),
    ).rejects.toMatchObject({
      code: 'TooLarge',
      message: expect.stringMatching(/older and accepts at most 1000000/),
    });
  });
});
