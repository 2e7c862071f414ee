import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { digestFile, downloadBlob, hasFile, uploadBlob } from './blobs.ts';
import { jobPages } from './job-pages.ts';
import { PoolClient } from './pool-client.ts';

describe('the client of a pool', () => {
  let server: Server;
  let client: PoolClient;
  let answer: (...exchange: Parameters<RequestListener>) => unknown;

  beforeEach(async () => {
    server = createServer((request, reply) => void answer(request, reply));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new PoolClient({ url, token: async () => 'secret' });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const shape = z.object({ n: z.int() });

  it('sends the token and the query, and reads the answer', async () => {
    answer = (request, reply) => {
      const fits = request.headers.authorization === 'Bearer secret' && request.url === '/x?a=1%262&n=3';
      reply.end(JSON.stringify({ n: fits ? 1 : 0 }));
    };
    const query = { a: '1&2', n: 3, left: undefined };
    expect(await client.json('/x', shape, { query })).toEqual({ n: 1 });
  });

  it.each([
    [
      404,
      '{"code":"NotFound","message":"no job","cure":"look"}',
      { code: 'NotFound', message: 'no job', cure: 'look' },
    ],
    [500, '{"code":"Strange","message":"odd"}', { code: 'Internal', message: 'odd' }],
    [500, '{"code":"toString","message":"odd"}', { code: 'Internal', message: 'odd' }],
    [502, '<html>proxy</html>', { code: 'Unavailable' }],
    [200, 'not JSON', { code: 'InvalidMessage', message: expect.stringContaining('is not a pool') }],
    [200, '{"n":"x"}', { code: 'InvalidMessage' }],
  ])('turns the answer %i %s into an error', async (status, body, error) => {
    answer = (_request, reply) => reply.writeHead(status).end(body);
    await expect(client.json('/x', shape)).rejects.toMatchObject(error);
  });

  it('does not open a connection each time that it asks whether a file is there', async () => {
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    answer = (_request, reply) => reply.writeHead(404).end();
    for (let times = 0; times < 10; times += 1) {
      const { body } = await client.raw('/v1/blobs/a', { method: 'HEAD', accepts: 404 });
      await body.dump();
    }
    // It may open a second one before it knows that the first is free again.
    expect(connections).toBeLessThan(3);
  });

  it('throws Unavailable if nobody answers, and an abort as it is', async () => {
    answer = (_request, reply) => reply.destroy();
    await expect(client.json('/x', shape)).rejects.toMatchObject({ code: 'Unavailable' });
    answer = () => {};
    await expect(client.json('/x', shape, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('throws Unavailable if an answer breaks off, so that callers may retry', async () => {
    answer = (_request, reply) => {
      reply.writeHead(200, { 'content-length': '1000' }).write('{"n":');
      setImmediate(() => reply.destroy());
    };
    await expect(client.json('/x', shape)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('the connection broke'),
    });
  });

  it('does not use up the memory for a refusal that does not end', async () => {
    const isOver = Promise.withResolvers<void>();
    answer = (_request, reply) => {
      reply.once('close', isOver.resolve);
      const more = () => {
        while (reply.write(' '.repeat(100_000)));
      };
      reply.writeHead(500).on('drain', more);
      more();
    };
    await expect(client.json('/x', shape)).rejects.toMatchObject({ code: 'Unavailable' });
    await isOver.promise;
  });

  it('does not read the same page of jobs again and again', async () => {
    answer = (_request, reply) => reply.end(JSON.stringify({ jobs: [], total: 3, next: '1.0' }));
    const read = async () => {
      const signal = AbortSignal.timeout(10_000);
      for await (const page of jobPages(client, { path: '/v1/jobs', signal })) void page;
    };
    await expect(read()).rejects.toMatchObject({ code: 'InvalidMessage' });
  });

  describe('with files', () => {
    let directory: string;
    const blobs = new Map<string, Buffer>();

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'glidein-client-'));
      blobs.clear();
      answer = async (request, reply) => {
        const digest = request.url?.split('/').at(-1) ?? '';
        if (request.method === 'PUT') {
          const chunks: Buffer[] = [];
          for await (const chunk of request) chunks.push(chunk as Buffer);
          blobs.set(digest, Buffer.concat(chunks));
          reply.writeHead(204).end();
          return;
        }
        const blob = blobs.get(digest);
        reply.writeHead(blob === undefined ? 404 : 200).end(request.method === 'HEAD' ? undefined : blob);
      };
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    it('uploads a file once, and downloads it many times at once', async () => {
      const path = join(directory, 'in');
      await writeFile(path, 'content');
      const { digest, size } = await uploadBlob(client, path);
      expect(await digestFile(path)).toEqual({ digest, size });
      await uploadBlob(client, path);
      const copy = join(directory, 'copy');
      await Promise.all(Array.from({ length: 5 }, () => downloadBlob(client, { digest, size }, copy)));
      expect(await readFile(copy, 'utf8')).toBe('content');
      expect((await readdir(directory)).sort()).toEqual(['copy', 'in']);
      expect(await hasFile(copy, 7)).toBe(true);
      expect(await hasFile(copy, 8)).toBe(false);
      expect(await hasFile(join(directory, 'none'), 0)).toBe(false);
    });

    it('does not accept a file with another digest than the requested one', async () => {
      const digest = `sha256:${'0'.repeat(64)}`;
      blobs.set(digest, Buffer.from('forged'));
      const copy = join(directory, 'copy');
      await expect(downloadBlob(client, { digest, size: 6 }, copy)).rejects.toMatchObject({
        code: 'InvalidMessage',
      });
      expect(await readdir(directory)).toEqual([]);
    });

    it('does not fill the disk with a file that is longer than announced', async () => {
      answer = (_request, reply) => {
        const more = () => {
          while (reply.write(' '.repeat(100_000)));
        };
        reply.writeHead(200).on('drain', more);
        more();
      };
      const blob = { digest: `sha256:${'0'.repeat(64)}`, size: 3 };
      await expect(downloadBlob(client, blob, join(directory, 'copy'))).rejects.toMatchObject({
        code: 'InvalidMessage',
        message: expect.stringContaining('more than its 3 bytes'),
      });
      expect(await readdir(directory)).toEqual([]);
    });

    it('throws Unavailable if the connection breaks during a file, and leaves no part of it', async () => {
      answer = (_request, reply) => {
        reply.writeHead(200, { 'content-length': '1000' }).write('part');
        setImmediate(() => reply.destroy());
      };
      const blob = { digest: `sha256:${'0'.repeat(64)}`, size: 1000 };
      await expect(downloadBlob(client, blob, join(directory, 'copy'))).rejects.toMatchObject({
        code: 'Unavailable',
      });
      expect(await readdir(directory)).toEqual([]);
    });
  });
});
