import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PoolClient } from '#client/pool-client.ts';
import { PrintedText, pipedTerminal } from '#testing/piped-terminal.ts';
import { JobLog } from './job-log.ts';

/** What a pool knows of one job at one moment: its latest execution, and its output so far. */
interface Moment {
  readonly epoch: number;
  readonly status: number;
  readonly printed: string;
}

let now: Moment;
let client: PoolClient;
let log: JobLog;
let [out, err] = [new PrintedText(), new PrintedText()];

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://pool');
  if (url.pathname.endsWith('/stdout')) {
    const offset = Number(url.searchParams.get('offset'));
    response.setHeader('x-glidein-epoch', now.epoch);
    response.end(now.printed.slice(offset));
    return;
  }
  const attempt = { pilot: 'p', pilotUid: 'p', group: 'g', claimedAt: 1, startedAt: 1 };
  const attempts = now.epoch === 0 ? [] : [{ epoch: now.epoch, ...attempt }];
  const stdout = { name: '_stdout', digest: `sha256:${'0'.repeat(64)}`, size: now.printed.length };
  const job = { id: '1.0', ad: { JobStatus: String(now.status) }, attempts, outputs: [], stdout };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ jobs: [job], total: 1 }));
});

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new PoolClient({ url: `http://127.0.0.1:${port}`, token: () => 't' });
  [out, err] = [new PrintedText(), new PrintedText()];
  log = new JobLog(client, '1.0', 'stdout', {
    ...pipedTerminal('/'),
    out,
    err,
  });
});
afterEach(async () => {
  await client.close();
  await new Promise((resolve) => server.close(resolve));
});

test('a job that runs again after it was looked at is printed from its beginning, and no part of it twice', async () => {
  now = { epoch: 1, status: 2, printed: 'of the first try\n' };
  await log.mayGrow();
  await log.copy();
  await log.mayGrow();
  now = { epoch: 2, status: 4, printed: 'of the second try\n' };
  await log.copy();
  expect(await log.mayGrow()).toBe(false);
  await log.copy();
  expect(out.text).toBe('of the first try\nof the second try\n');
  expect(err.text).toContain('1.0 is running again; its output starts over');
});

test('a job that starts after it was looked at is printed once, and does not run again', async () => {
  now = { epoch: 0, status: 1, printed: '' };
  await log.mayGrow();
  now = { epoch: 1, status: 2, printed: 'hello\n' };
  await log.copy();
  await log.mayGrow();
  await log.copy();
  expect(out.text).toBe('hello\n');
  expect(err.text).not.toContain('running again');
});
