import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestPool } from '#testing/test-pool.ts';
import { digestFile, downloadBlob, uploadBlob } from './blobs.ts';
import { PoolClient } from './pool-client.ts';

const mega = 2 ** 20;

/** Passes bytes between clients and a pool, and cuts its first connections after so many bytes. */
class Cutter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes that have gone to the pool, and back. */
  sent = 0;
  received = 0;
  cuts = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(pool: string, { cuts, after }: { cuts: number; after: number }): Promise<Cutter> {
    const server = createServer();
    const cutter = new Cutter(server);
    server.on('connection', (client) => {
      const upstream = connect(Number(new URL(pool).port), '127.0.0.1');
      let bytes = 0;
      const pass = (from: Socket, to: Socket, count: (length: number) => void) => {
        cutter.#sockets.add(from);
        from.on('data', (data: Buffer) => {
          bytes += data.length;
          count(data.length);
          to.write(data);
          if (bytes < after || cutter.cuts >= cuts) return;
          cutter.cuts += 1;
          bytes = 0;
          // What was passed on still arrives; what comes after it does not.
          client.destroy();
          upstream.end();
        });
        from.on('error', () => to.destroy());
        from.on('close', () => to.end());
      };
      pass(client, upstream, (length) => {
        cutter.sent += length;
      });
      pass(upstream, client, (length) => {
        cutter.received += length;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return cutter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('a transfer whose connection breaks', () => {
  let pool: TestPool;
  let directory: string;
  let path: string;
  const clients: PoolClient[] = [];
  const content = randomBytes(6 * mega);

  beforeEach(async () => {
    pool = await TestPool.start();
    directory = await mkdtemp(join(tmpdir(), 'glidein-resumed-'));
    path = join(directory, 'file');
    await writeFile(path, content);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await pool.destroy();
    await rm(directory, { recursive: true });
  });

  const clientAt = (url: string, user = 'alice') => {
    const client = new PoolClient({ url, token: () => pool.token('submitter', user) });
    clients.push(client);
    return client;
  };
  const incoming = () => readdir(join(pool.directory, 'spool', 'incoming'));

  it('goes on with an upload where it stopped, again and again', async () => {
    const cutter = await Cutter.listen(pool.url, { cuts: 2, after: 2 * mega });
    const { digest, size } = await uploadBlob(clientAt(cutter.url), path);
    expect(cutter.cuts).toBe(2);
    expect(await pool.core.blobs.size(digest)).toBe(size);
    // Buffers on the way hold some megabytes when a connection breaks.
    expect(cutter.sent).toBeLessThan(2 * content.length);
    expect(await incoming()).toEqual([]);
    await cutter.close();
  });

  it('goes on with a download where it stopped, again and again', async () => {
    const blob = await uploadBlob(clientAt(pool.url), path);
    const cutter = await Cutter.listen(pool.url, { cuts: 2, after: 2 * mega });
    const copy = join(directory, 'copy');
    await downloadBlob(clientAt(cutter.url), blob, copy);
    expect(cutter.cuts).toBe(2);
    expect((await readFile(copy)).equals(content)).toBe(true);
    expect(cutter.received).toBeLessThan(2 * content.length);
    await cutter.close();
  });

  it('goes on with an upload after a restart of the pool, by another process', async () => {
    const cutter = await Cutter.listen(pool.url, { cuts: 100, after: 3 * mega });
    const stop = new AbortController();
    const first = uploadBlob(clientAt(cutter.url), path, stop.signal);
    await expect.poll(() => cutter.cuts).toBeGreaterThan(0);
    stop.abort();
    await expect(first).rejects.toThrow();
    await cutter.close();
    await expect.poll(incoming).toHaveLength(1);
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    const counter = await Cutter.listen(pool.url, { cuts: 0, after: 0 });
    const { digest, size } = await uploadBlob(clientAt(counter.url), path);
    expect(await pool.core.blobs.size(digest)).toBe(size);
    expect(counter.sent).toBeLessThan(content.length);
    await counter.close();
  });

  it('goes on with several uploads of one file at once, though only one of them builds upon what is there', async () => {
    const cutter = await Cutter.listen(pool.url, { cuts: 100, after: 3 * mega });
    const stop = new AbortController();
    const first = uploadBlob(clientAt(cutter.url), path, stop.signal);
    await expect.poll(() => cutter.cuts).toBeGreaterThan(0);
    stop.abort();
    await expect(first).rejects.toThrow();
    await cutter.close();
    const { digest, size } = await digestFile(path);
    await expect.poll(async () => (await lookedAt(digest, 'alice')) > 0).toBe(true);
    const uploads = Array.from({ length: 4 }, () => uploadBlob(clientAt(pool.url), path));
    expect(await Promise.all(uploads)).toEqual(Array.from({ length: 4 }, () => ({ digest, size })));
    expect(await incoming()).toEqual([]);
  });

  it('does not build upon what another user has sent, nor upon what is spoiled', async () => {
    const { digest, size } = await digestFile(path);
    const cutter = await Cutter.listen(pool.url, { cuts: 100, after: 3 * mega });
    const stop = new AbortController();
    const first = uploadBlob(clientAt(cutter.url), path, stop.signal);
    await expect.poll(() => cutter.cuts).toBeGreaterThan(0);
    stop.abort();
    await expect(first).rejects.toThrow();
    await cutter.close();
    await expect.poll(async () => (await lookedAt(digest, 'alice')) > 0).toBe(true);
    expect(await lookedAt(digest, 'bob')).toBe(0);
    const [part = ''] = await incoming();
    await writeFile(join(pool.directory, 'spool', 'incoming', part), randomBytes(2 * mega));
    expect(await uploadBlob(clientAt(pool.url), path)).toEqual({ digest, size });
    expect(await pool.core.blobs.size(digest)).toBe(size);
  });

  /** Where a user may go on with an upload. */
  async function lookedAt(digest: string, user: string): Promise<number> {
    const answer = await clientAt(pool.url, user).raw(`/v1/blobs/${digest}`, {
      method: 'HEAD',
      accepts: 404,
    });
    await answer.body.dump();
    return Number(answer.headers['upload-offset']);
  }

  it('leaves what nobody goes on with for a while only', async () => {
    const cutter = await Cutter.listen(pool.url, { cuts: 100, after: 3 * mega });
    const stop = new AbortController();
    const first = uploadBlob(clientAt(cutter.url), path, stop.signal);
    await expect.poll(() => cutter.cuts).toBeGreaterThan(0);
    stop.abort();
    await expect(first).rejects.toThrow();
    await cutter.close();
    const sweep = (before: number) =>
      pool.core.blobs.sweep({ before, keeps: () => true, isOver: () => false });
    await sweep(Date.now() - 60_000);
    await expect.poll(incoming).toHaveLength(1);
    const [part = ''] = await incoming();
    await expect
      .poll(async () => {
        // The pool may still be writing to it.
        await utimes(join(pool.directory, 'spool', 'incoming', part), 1, 1).catch(() => undefined);
        await sweep(Date.now() - 60_000);
        return await incoming();
      })
      .toEqual([]);
  });
});

describe('a part of a file', () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await TestPool.start();
  });
  afterAll(() => pool.destroy());

  const ask = async (method: string, digest: string, headers: Record<string, string>, body?: string) =>
    fetch(`${pool.url}/v1/blobs/${digest}`, {
      method,
      headers: {
        authorization: `Bearer ${await pool.token('submitter', 'alice')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  const bring = async () => {
    const path = join(pool.directory, 'file');
    await writeFile(path, '0123456789');
    return (await uploadBlob(pool.client('submitter', 'alice'), path)).digest;
  };

  it.each([
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 200, '0123456789', null],
    ['bytes=5-3', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ])('%s is answered with status %i and %s', async (range, status, text, contentRange) => {
    const answer = await ask('GET', await bring(), { range });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-range')).toBe(contentRange);
    expect(await answer.text()).toBe(text);
  });

  it('that lies behind the end of its file is refused', async () => {
    expect((await ask('GET', await bring(), { range: 'bytes=10-' })).status).toBe(400);
  });

  it('of a file that the pool does not have is not found', async () => {
    const answer = await ask('GET', `sha256:${'0'.repeat(64)}`, { range: 'bytes=5-' });
    expect(answer.status).toBe(404);
  });

  it.each(['bytes 3-5/9', 'bytes 5-3/4', 'bytes 3-9/99999999999999', 'lines 1-2/3', 'bytes */3'])(
    'is not taken in with the Content-Range %s',
    async (range) => {
      const digest = `sha256:${'0'.repeat(64)}`;
      const answer = await ask('PUT', digest, { 'content-range': range }, 'abc');
      expect([400, 413]).toContain(answer.status);
    },
  );

  it('is not taken in where nothing comes before it', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const answer = await ask('PUT', digest, { 'content-range': 'bytes 3-5/6' }, 'abc');
    expect(answer.status).toBe(409);
  });
});
