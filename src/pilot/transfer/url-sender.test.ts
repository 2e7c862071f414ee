import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { UrlSender } from './url-sender.ts';

let directory: string;
let url: string;
let asked: string[];
let answer: (request: IncomingMessage, answer: ServerResponse, count: number) => void;
const server = createServer((request, response) => take(request, response));
const take = (request: IncomingMessage, response: ServerResponse) => {
  asked.push(`${request.method} ${request.url}`);
  answer(request, response, asked.length);
};

beforeEach(async () => {
  asked = [];
  directory = await mkdtemp(join(tmpdir(), 'glidein-sender-'));
  await writeFile(join(directory, 'file'), 'content '.repeat(50_000));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(directory, { recursive: true, force: true });
});

/** Does not wait between tries, nor for a server that does not go on. */
const hasty: Clock = {
  ...systemClock,
  after: (milliseconds, run) => systemClock.after(milliseconds === 1000 ? 1000 : 50, run),
};
const sent = (path: string, clock: Clock = systemClock, signal = new AbortController().signal) =>
  new UrlSender({ clock, random: () => 0, environment: {} }).send(
    join(directory, 'file'),
    `${url}${path}`,
    signal,
  );

const received = async (request: IncomingMessage): Promise<number> => {
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  return bytes;
};

it('a file is put to its URL', async () => {
  let bytes = 0;
  answer = (request, response) =>
    void received(request).then((count) => {
      bytes = count;
      response.writeHead(201).end();
    });
  await sent('/a');
  expect(asked).toEqual(['PUT /a']);
  expect(bytes).toBe(400_000);
});

it('a server may redirect a file before it is sent', async () => {
  const redirect = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/a') return take(request, (response.writeContinue() as never) ?? response);
    asked.push(`redirected ${request.url}`);
    return response.writeHead(307, { location: '/b?token' }).end();
  };
  server.once('checkContinue', redirect);
  answer = (request, response) => void received(request).then(() => response.writeHead(204).end());
  await sent('/a');
  expect(asked).toEqual(['redirected /a', 'PUT /b?token']);
});

it('a fault of the server is tried again, and a refusal is not', async () => {
  answer = (request, response, count) =>
    void received(request).then(() => response.writeHead(count < 3 ? 503 : 200).end());
  await sent('/a', hasty);
  expect(asked).toHaveLength(3);
  answer = (_request, response) => void response.writeHead(403).end();
  await expect(sent('/b', hasty)).rejects.toMatchObject({
    name: 'UrlFailure',
    message: 'the server answered 403 Forbidden',
  });
  expect(asked).toHaveLength(4);
});

it('a connection that cannot be made is tried four times', async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await expect(sent('/a', hasty)).rejects.toThrow(/ECONNREFUSED.*tried 4 times/);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

it('sending ends when the job is stopped', async () => {
  const stop = new AbortController();
  answer = () => stop.abort(new Error('removed'));
  await expect(sent('/a', systemClock, stop.signal)).rejects.toThrow('removed');
});
