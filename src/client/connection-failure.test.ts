import { type AddressInfo, createServer as plainServer, type Server, type Socket } from 'node:net';
import { createServer as tlsServer } from 'node:tls';
import { SignJWT } from 'jose';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { signAuthority, signServer } from '#groups/pool/sign-certificate.ts';
import { connectionFailure } from './connection-failure.ts';
import { PoolClient } from './pool-client.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function portOf(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const year = 365 * 86_400_000;

/** A server whose certificate is valid between these times, in milliseconds from now, and its authority. */
async function serverWith(from: number, to: number): Promise<{ port: number; ca: string }> {
  const validity = { from: Date.now() - 5 * year, to: Date.now() + year };
  const authority = await signAuthority('the old authority', validity);
  const { certificate, key } = await signServer(authority, ['localhost'], {
    from: Date.now() + from,
    to: Date.now() + to,
  });
  const server = tlsServer({ cert: certificate, key }, (socket) =>
    socket.on('error', () => socket.destroy()),
  );
  server.on('tlsClientError', () => undefined);
  return { port: await portOf(server), ca: authority.certificate };
}

async function complaint(url: string, ca?: string): Promise<string> {
  const client = new PoolClient({ url, token: () => 't', ...(ca === undefined ? {} : { ca }) });
  cleanups.push(() => client.close());
  const error = await client.json('/v1/jobs', z.unknown()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'Unavailable' });
  return (error as { describe(): string }).describe();
}

it('a host name that does not exist is named as the reason', async () => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const { message, cure } = await connectionFailure('https://no-such-host.invalid', error);
  expect(message).toBe('no pool answers at https://no-such-host.invalid: the host name is not known');
  expect(cure).toContain('check the address');
});

it('a refused connection is distinguished from a wrong address', async () => {
  expect(await complaint('http://127.0.0.1:1')).toBe(
    'no pool answers at http://127.0.0.1:1: the connection was refused: nothing listens there; start a pool with `glidein up`, or name one with --pool or GLIDEIN_POOL',
  );
});

it('the error for an expired certificate names its subject, its authority and its end', async () => {
  const { port, ca } = await serverWith(-2 * year, -year);
  expect(await complaint(`https://localhost:${port}`, ca)).toMatch(
    /its certificate has expired \(subject .*, authority the old authority, valid until \d{4}-\d\d-\d\dT.*Z\); ask the pool's operator/,
  );
});

it('the error for an untrusted authority names it', async () => {
  const { port } = await serverWith(-year, year);
  expect(await complaint(`https://localhost:${port}`)).toMatch(
    /signed by an authority that is not trusted here \(.*authority the old authority, /,
  );
});

it('a certificate for another host is distinguished from an untrusted one', async () => {
  const { port, ca } = await serverWith(-year, year);
  expect(await complaint(`https://127.0.0.1:${port}`, ca)).toContain('its certificate is for another host');
});

it('the error for a server without TLS says so', async () => {
  const server = plainServer((socket) =>
    socket.on('error', () => undefined).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  expect(await complaint(`https://localhost:${await portOf(server)}`)).toMatch(/does not speak TLS/);
});

it('if all addresses of a host fail, the error gives their common reason', async () => {
  const one = Object.assign(new Error('x'), { code: 'ETIMEDOUT' });
  const error = new AggregateError([one, one]);
  expect((await connectionFailure('http://a', error)).message).toMatch(/it did not answer in time$/);
});

it('the error for an expired token says when it expired, whatever the pool says', async () => {
  const server = plainServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}'),
    );
  });
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(1_700_000_000)
    .setExpirationTime(1_700_000_060)
    .sign(new Uint8Array(32));
  const client = new PoolClient({ url: `http://127.0.0.1:${await portOf(server)}`, token: () => token });
  cleanups.push(() => client.close());
  await expect(client.json('/', z.unknown())).rejects.toMatchObject({
    code: 'Unauthenticated',
    message: 'the token expired at 2023-11-14T22:14:20.000Z',
  });
});

it('if whoever runs the pool knows why it is away, the error says that instead of the refused connection', async () => {
  const url = 'http://127.0.0.1:1';
  const pending = new GlideinError('Unavailable', 'the pool is pending');
  const client = new PoolClient({ url, token: () => 't', whyAway: async () => pending });
  cleanups.push(() => client.close());
  await expect(client.json('/', z.unknown())).rejects.toBe(pending);
});
