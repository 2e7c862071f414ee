import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PoolClient } from '#client/pool-client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import { Checkpoints } from './checkpoints.ts';
import { claimDirectory } from './claim/claim-directory.ts';
import type { Prepared } from './start/prepare.ts';

const mega = 2 ** 20;

let root: string;
let server: Server;
let client: PoolClient;
let clock: ManualClock;
let kept: Checkpoint[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-checkpoints-'));
  clock = new ManualClock();
  kept = [];
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new PoolClient({ url: `http://127.0.0.1:${port}`, token: async () => 'x' });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

/** Saves a checkpoint of one file. @returns why it is not kept */
async function save(bytes: number): Promise<string | undefined> {
  const claim = { generation: 'g', id: '1.0.1', epoch: 1 };
  const directory = claimDirectory(root, claim);
  await mkdir(directory.job, { recursive: true });
  await writeFile(join(directory.job, 'state'), 'x');
  await truncate(join(directory.job, 'state'), bytes);
  const checkpoints = new Checkpoints({
    last: undefined,
    directory,
    context: { uploader: { client, clock, random: () => 0.5 }, clock, checkpoints: () => true },
    logger: createLogger('pilot', { level: 'fatal' }),
    unneeded: new AbortController().signal,
    saved: (checkpoint) => void kept.push(checkpoint),
  });
  const job = {
    disk: 2 ** 40,
    checkpoints: { files: ['state'] },
    outputs: undefined,
    preservePaths: true,
    joined: false,
  };
  await checkpoints.save({ job, inputs: new Map() } as unknown as Prepared, false);
  return checkpoints.left[0]?.reason;
}

it('a checkpoint is kept that takes longer than a minute to bring away', async () => {
  server.on('request', (request, response) => {
    if (request.method === 'HEAD') {
      response.writeHead(404, { 'upload-offset': '0' }).end();
      return;
    }
    let unseen = 0;
    request.on('data', (chunk: Buffer) => {
      unseen += chunk.length;
      for (; unseen >= mega; unseen -= mega) clock.advance(4000);
    });
    request.on('end', () => response.writeHead(204).end());
  });
  const began = clock.monotonic();
  expect(await save(48 * mega)).toBeUndefined();
  expect(clock.monotonic() - began).toBeGreaterThan(120_000);
  expect(kept).toMatchObject([{ number: 0, files: [{ name: 'state', size: 48 * mega }] }]);
});

it.each(['HEAD', 'PUT'])(
  'a checkpoint is given up when the pool has no answer to %s for a minute',
  async (method) => {
    server.on('request', (request, response) => {
      request.resume();
      if (request.method === method) response.writeHead(503).end();
      else response.writeHead(404, { 'upload-offset': '0' }).end();
    });
    const saving = save(mega);
    let isOver = false;
    const over = saving.finally(() => {
      isOver = true;
    });
    const began = clock.monotonic();
    while (!isOver) {
      clock.advance(1000);
      await pause(20);
    }
    expect(await over).toMatch(/^it is not kept: /);
    expect(clock.monotonic() - began).toBeLessThan(120_000);
    expect(kept).toEqual([]);
  },
);
