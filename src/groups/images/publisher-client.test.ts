import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { answerWith, digestOf, liveTag } from '#testing/image-set-scene.ts';
import { PublisherClient } from './publisher-client.ts';

let server: Server;
const client = new PublisherClient();
afterEach(() => server.close());

async function answering(listener: RequestListener) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, token: 'secret' };
}

const { signal } = new AbortController();

test('a publisher is asked with the token of its set, and may say more than is known here', async () => {
  const said = answerWith([liveTag('a:1')]);
  const address = await answering((request, response) => {
    const isRight = request.url === '/v1/status' && request.headers.authorization === 'Bearer secret';
    response.writeHead(isRight ? 200 : 400).end(JSON.stringify({ ...said, novel: true }));
  });
  expect(await client.status(address, signal)).toEqual(said);
});

test('a publisher is told which images are in use', async () => {
  const told: string[] = [];
  const address = await answering((request, response) => {
    request.on('data', (chunk) => told.push(`${request.method} ${request.url} ${String(chunk)}`));
    request.on('end', () => response.writeHead(204).end());
  });
  const lease = { digests: [digestOf('a')], until: '2026-01-01T00:00:00.000Z' };
  await client.lease(address, 'here', lease, signal);
  expect(told).toEqual([`PUT /v1/leases/here ${JSON.stringify(lease)}`]);
});

test.each([
  ['refuses the token', 401, '{"message":"no"}', 'Unauthenticated'],
  ['answers something else', 200, '<html>', 'InvalidMessage'],
  ['fails', 500, '', 'Unavailable'],
])('a publisher that %s is an error with a code', async (_, status, body, code) => {
  const address = await answering((_request, response) => response.writeHead(status).end(body));
  await expect(client.status(address, signal)).rejects.toMatchObject({ code });
});

test('an answer without an end is given up', async () => {
  const address = await answering((_request, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(2 ** 20)));
    };
    response.on('drain', more);
    more();
  });
  await expect(client.status(address, signal)).rejects.toMatchObject({ code: 'TooLarge' });
});

test('a publisher that is not there is an error that says where it was looked for', async () => {
  const address = await answering(() => {});
  server.close();
  await expect(client.status(address, signal)).rejects.toThrow(
    `the publisher does not answer at http://127.0.0.1:${address.port}`,
  );
});
