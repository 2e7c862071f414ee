import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { TestAuthority } from '#testing/server-certificate.ts';
import { UrlFetcher } from './url-fetcher.ts';

type Answer = (answer: ServerResponse, request: IncomingMessage) => void;

/** Answers by path. Each request takes the first one left, and the last one stays. */
let answers: Record<string, Answer[]>;
let asked: string[];
const server = createServer((request, answer) => {
  const path = request.url ?? '';
  asked.push(path);
  const all = answers[path] ?? [];
  const next = all.length > 1 ? all.shift() : all[0];
  if (next === undefined) answer.writeHead(404).end('no such file');
  else next(answer, request);
});

let directory: string;
let url: string;
beforeEach(async () => {
  answers = {};
  asked = [];
  directory = await mkdtemp(join(tmpdir(), 'glidein-urls-'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(directory, { recursive: true, force: true });
});

/** A clock on which some waits are over at once. */
const clockOf = (isShort: (milliseconds: number) => boolean): Clock => ({
  ...systemClock,
  after: (milliseconds, run) => systemClock.after(isShort(milliseconds) ? 1 : milliseconds, run),
});
const withoutWaitsBetweenTries = clockOf((milliseconds) => milliseconds < 60_000);
const withoutPatience = clockOf(() => true);

function fetched(
  path: string,
  {
    clock = withoutWaitsBetweenTries,
    signal = new AbortController().signal,
    environment = {},
  }: { clock?: Clock; signal?: AbortSignal; environment?: Record<string, string> } = {},
): Promise<number> {
  const fetcher = new UrlFetcher({ clock, random: () => 0, environment });
  return fetcher.fetch(new URL(path, url).href, join(directory, 'file'), 1000, signal);
}

const content = () => readFile(join(directory, 'file'), 'utf8');
const text: Answer = (answer) => answer.end('some text');
const redirect =
  (location: string): Answer =>
  (answer) =>
    answer.writeHead(302, { location }).end();

it('a file is fetched from where its URL redirects to', async () => {
  answers['/a'] = [redirect('/b')];
  answers['/b'] = [redirect(`${url}/c?d`)];
  answers['/c?d'] = [text];
  expect(await fetched('/a')).toBe(9);
  expect(await content()).toBe('some text');
});

it('a fault that may pass is retried, and what a failed try left is not kept', async () => {
  answers['/a'] = [
    (answer) => answer.writeHead(503).end(),
    (answer) => {
      answer.writeHead(200, { 'content-length': 9 });
      answer.write('some', () => answer.destroy());
    },
    (answer) => answer.writeHead(429).end(),
    text,
  ];
  expect(await fetched('/a')).toBe(9);
  expect(await content()).toBe('some text');
});

it.each([
  ['/gone', 'the server answered 404 Not Found', 1],
  ['/busy', 'the server answered 503 Service Unavailable (tried 4 times)', 4],
  ['/loop', 'it is redirected more than 10 times', 11],
  ['/away', 'it is redirected to a URL that is neither http:// nor https://', 1],
  ['/large', 'it is larger than the 1000 bytes that are left of request_disk', 1],
  ['/endless', 'it is larger than the 1000 bytes that are left of request_disk', 1],
])('the URL %s is not retried: %s', async (path, reason, times) => {
  answers['/busy'] = [(answer) => answer.writeHead(503).end()];
  answers['/loop'] = [redirect('/loop')];
  answers['/away'] = [redirect('ftp://127.0.0.1/a')];
  answers['/large'] = [(answer) => answer.writeHead(200, { 'content-length': 1001 }).flushHeaders()];
  answers['/endless'] = [
    (answer) => {
      const more = () => answer.write('x'.repeat(100), (error) => error ?? setImmediate(more));
      more();
    },
  ];
  await expect(fetched(path)).rejects.toThrow(
    expect.objectContaining({ name: 'UrlFailure', message: reason }),
  );
  expect(asked).toHaveLength(times);
  expect(await readdir(directory)).toEqual([]);
});

it('a server that sends nothing is given up', async () => {
  answers['/a'] = [() => undefined];
  const failure = fetched('/a', { clock: withoutPatience });
  await expect(failure).rejects.toThrow('the server sent nothing for 60 seconds (tried 4 times)');
});

it('an address where nothing listens is retried, and the failure names the fault', async () => {
  await expect(fetched('http://127.0.0.1:1/a')).rejects.toThrow(/ECONNREFUSED.* \(tried 4 times\)/);
});

it('a fetch stops at once when its job is stopped', async () => {
  const stop = new AbortController();
  answers['/a'] = [() => stop.abort(new Error('stopped'))];
  await expect(fetched('/a', { signal: stop.signal })).rejects.toThrow('stopped');
  expect(await readdir(directory)).toEqual([]);
});

it('a file is fetched through the proxy that the environment names', async () => {
  answers['http://site.example/a'] = [text];
  await fetched('http://site.example/a', { environment: { http_proxy: url } });
  expect(asked).toEqual(['http://site.example/a']);
  expect(await content()).toBe('some text');
});

it.each(['http://me:secret@proxy:99999', 'http://me:secret@[proxy'])(
  'a proxy setting that is not a URL fails the fetch but not the pilot, and its password is not shown: %s',
  async (proxy) => {
    await expect(fetched('/a', { environment: { http_proxy: proxy } })).rejects.toThrow(
      expect.objectContaining({
        name: 'UrlFailure',
        message: 'HTTP_PROXY or HTTPS_PROXY of the pilot is not a URL',
      }),
    );
  },
);

it('a proxy that refuses is named, but not its password', async () => {
  const proxy = url.replace('http://', 'http://me:secret@');
  server.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  const failure = fetched('https://site.example/a', { environment: { https_proxy: proxy } });
  await expect(failure).rejects.toThrow(/403 Forbidden \(tried 4 times\)$/);
  await expect(failure).rejects.not.toThrow(/secret/);
});

it('a server whose certificate is not accepted is asked once', async () => {
  const authority = await TestAuthority.make();
  await authority.writeServer(directory);
  const [cert, key] = await Promise.all(
    ['tls.crt', 'tls.key'].map((name) => readFile(join(directory, name))),
  );
  let tries = 0;
  const secure = createSecureServer({ cert, key }).on('connection', () => {
    tries += 1;
  });
  await new Promise<void>((done) => secure.listen(0, '127.0.0.1', done));
  try {
    const address = `https://localhost:${(secure.address() as AddressInfo).port}/a`;
    await expect(fetched(address)).rejects.toThrow(/^the pilot does not accept the server's certificate: /);
    expect(tries).toBe(1);
  } finally {
    secure.close();
  }
});
