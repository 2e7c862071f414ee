import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { KubeError } from './kube-error.ts';
import { Transport, type TransportOptions } from './transport.ts';
import { transportMetrics } from './transport-metrics.ts';

type Answer = (request: IncomingMessage, answer: ServerResponse, turn: number) => void;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server with the given answers, and a transport to it. */
async function connected(answer: Answer, options: Partial<TransportOptions> = {}) {
  const seen: IncomingMessage[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    seen.push(request);
    answer(request, response, seen.length);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let tokens = 0;
  const transport = new Transport({
    config: {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/clusters/a/`,
      token: async () => `token-${++tokens}`,
      namespace: 'default',
    },
    clock: systemClock,
    random: () => 0,
    ...options,
  });
  closing.push(
    () => transport.close(),
    () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    },
  );
  return { transport, seen, connections: () => connections };
}

const refused = (answer: ServerResponse, status: number, headers: Record<string, string> = {}) =>
  answer
    .writeHead(status, headers)
    .end(JSON.stringify({ kind: 'Status', code: status, reason: 'R', message: 'M' }));

test('requests go below the path of the server, with the current token, over few connections', async () => {
  const { transport, seen, connections } = await connected((_, answer) => answer.end('{"a":1}'));
  const ask = () =>
    transport.json({ method: 'GET', path: '/api/v1/pods', query: { limit: 5, labelSelector: 'a=b,c' } });
  expect(await ask()).toEqual({ a: 1 });
  expect(seen[0]?.url).toBe('/clusters/a/api/v1/pods?limit=5&labelSelector=a%3Db%2Cc');
  await Promise.all(Array.from({ length: 200 }, ask));
  expect(new Set(seen.map((request) => request.headers.authorization)).size).toBe(201);
  expect(connections()).toBeLessThanOrEqual(16);
});

test('a GET is retried after 5xx, 429 and a reset, and is given up in the end', async () => {
  const { transport, seen } = await connected((request, answer, turn) => {
    if (turn === 1) refused(answer, 503);
    else if (turn === 2) request.socket.resetAndDestroy();
    else if (turn === 3) refused(answer, 429, { 'retry-after': '0' });
    else answer.end('{}');
  });
  expect(await transport.json({ method: 'GET', path: '/a' })).toEqual({});
  expect(seen).toHaveLength(4);
  const hopeless = await connected((_, answer) => refused(answer, 500), { tries: 2 });
  await expect(hopeless.transport.json({ method: 'GET', path: '/a' })).rejects.toMatchObject({ status: 500 });
  expect(hopeless.seen).toHaveLength(2);
});

test('a retry waits as long as Retry-After says', async () => {
  const { transport } = await connected((_, answer, turn) => {
    if (turn === 1) refused(answer, 429, { 'retry-after': '1' });
    else answer.end('{}');
  });
  const began = performance.now();
  await transport.json({ method: 'GET', path: '/a' });
  expect(performance.now() - began).toBeGreaterThanOrEqual(990);
});

test('a write is never sent twice', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const { transport, seen } = await connected((_, answer) => refused(answer, 503));
    await expect(transport.json({ method, path: '/a', body: {} })).rejects.toThrow(KubeError);
    expect(seen).toHaveLength(1);
  }
});

test('an error contains what the server said', async () => {
  const { transport } = await connected((_, answer) => refused(answer, 409, { 'retry-after': '7' }));
  const error = await transport
    .json({ method: 'POST', path: '/a', body: {} })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'Conflict',
    status: 409,
    reason: 'R',
    message: 'POST /a: M',
    retryAfterMs: 7000,
    body: { kind: 'Status' },
  });
});

test('an abort ends a request, or the wait between tries, with its own reason', async () => {
  const silent = await connected(() => {});
  const stop = new AbortController();
  const asking = silent.transport.json({ method: 'GET', path: '/a', signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(asking).rejects.toThrow('enough');
  const busy = await connected((_, answer) => refused(answer, 429, { 'retry-after': '60' }));
  const waiting = busy.transport.json({ method: 'GET', path: '/a', signal: AbortSignal.timeout(50) });
  await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a request is given up if the server does not answer in time', async () => {
  const { transport } = await connected(() => {}, { tries: 1 });
  const asking = transport.json({ method: 'GET', path: '/a', timeoutMs: 50 });
  await expect(asking).rejects.toMatchObject({ code: 'Unavailable', status: 0, reason: 'NoAnswer' });
});

test('watches do not use the connections of requests', async () => {
  const { transport } = await connected((request, answer) => {
    if (request.url?.includes('watch')) answer.write('{"type":"ADDED"}\n');
    else answer.end('{}');
  });
  const stop = new AbortController();
  const open = Array.from({ length: 40 }, () =>
    transport.stream({ method: 'GET', path: '/watch', signal: stop.signal }),
  );
  await Promise.all(open);
  expect(await transport.json({ method: 'GET', path: '/a' })).toEqual({});
  stop.abort();
});

test('answers are counted by method and status, and silence as status 0', async () => {
  const registry = createMetrics();
  const { transport } = await connected(
    (request, answer, turn) => (turn === 1 ? answer.end('{}') : request.socket.resetAndDestroy()),
    { metrics: transportMetrics(registry) },
  );
  await transport.json({ method: 'GET', path: '/a' });
  await transport.json({ method: 'POST', path: '/a', body: {} }).catch(() => {});
  const text = await registry.metrics();
  expect(text).toContain('glidein_kube_requests_total{method="GET",status="200"} 1');
  expect(text).toContain('glidein_kube_requests_total{method="POST",status="0"} 1');
});
