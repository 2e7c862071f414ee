import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { siteManifests } from '#testing/manifests.ts';
import { UpPlace } from './up-process.ts';

let place: UpPlace;
afterEach(() => place.destroy());

it.each([
  ['--cores', '1', /offer 1 core instead of 4/],
  ['--memory', '1Gi', /needs 2Gi, but this machine has 1Gi/],
])('glidein up %s limits what pilots may offer', async (flag, value, message) => {
  place = await UpPlace.make(siteManifests({}));
  const up = place.up([flag, value]);
  await eventually(() => expect(up.err).toMatch(message));
});

it('glidein up --lease is the lease of its pool', async () => {
  place = await UpPlace.make(siteManifests({}));
  await place.up(['--lease', '7m']).ready();
  expect((await place.processes()).map(({ line }) => line).join('\n')).toMatch(/pool\.ts .*--lease 7m /);
});

it('glidein up --port is where its pool answers', async () => {
  place = await UpPlace.make(siteManifests({}));
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const up = await place.up(['--port', String(port)]).ready();
  await eventually(() => expect(up.out).toContain(`answers at http://127.0.0.1:${port},`));
});

it('glidein up --exit-with-parent ends when its standard input does', async () => {
  place = await UpPlace.make(siteManifests({}));
  const entry = resolve(import.meta.dirname, '../../src/bin/glidein.ts');
  const words = ['up', '--exit-with-parent', '-f', join(place.directory, 'manifests'), '--cores', '64'];
  const child = spawn(process.execPath, [entry, ...words, '--state', place.state], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: place.directory },
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdin.end();
  expect((await ended)[0]).toBe(0);
});

it('--context and --account say which cluster issues the token, and for whom', async () => {
  place = await UpPlace.make({});
  const asked: string[] = [];
  const cluster = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json');
    const isToken = request.method === 'POST';
    response.statusCode = isToken ? 403 : 200;
    response.end(
      JSON.stringify(
        isToken
          ? { kind: 'Status', status: 'Failure', code: 403, reason: 'Forbidden', message: 'no' }
          : { metadata: { name: 'main-pool-ca' }, data: { 'ca.crt': 'x' } },
      ),
    );
  });
  cluster.listen(0, '127.0.0.1');
  await once(cluster, 'listening');
  const { port } = cluster.address() as AddressInfo;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'wrong',
    clusters: [
      { name: 'right', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      { name: 'wrong', cluster: { server: 'http://127.0.0.1:1' } },
    ],
    users: [{ name: 'me', user: { token: 't' } }],
    contexts: ['right', 'wrong'].map((name) => ({ name, context: { cluster: name, user: 'me' } })),
  };
  await place.write('kubeconfig', JSON.stringify(kubeconfig));
  const entry = resolve(import.meta.dirname, '../../src/bin/glidein.ts');
  const words = ['q', '--pool', 'physics/main', '--context', 'right', '--account', 'alice'];
  const child = spawn(process.execPath, [entry, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { HOME: place.directory, KUBECONFIG: join(place.directory, 'manifests', 'kubeconfig') },
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await once(child, 'close');
  cluster.close();
  expect(asked.at(-1), err).toBe('POST /api/v1/namespaces/physics/serviceaccounts/alice/token');
});
