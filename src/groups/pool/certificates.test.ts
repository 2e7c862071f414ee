import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { isAuthorityUsable, newAuthority, newServer, serverRenewal } from './certificate-policy.ts';
import type { KeyedCertificate } from './sign-certificate.ts';

const day = 86_400_000;
const now = Date.now();
const hosts = ['main-pool.atlas.svc', 'main-pool', 'localhost'] as const;

const authority = await newAuthority('glidein pool atlas/main', now);
const server = await newServer(authority, hosts, now);

test('a client that trusts the pool’s authority reaches the server by each of its names, and by no other', async () => {
  const tls = createServer({ cert: server.certificate, key: server.key }, (socket) => socket.end());
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  const address = tls.address() as { port: number };
  const reach = (servername: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({
        port: address.port,
        host: '127.0.0.1',
        servername,
        ca: authority.certificate,
      });
      socket.once('secureConnect', () => resolve('trusted')).once('error', (error) => resolve(error.message));
      socket.on('close', () => socket.destroy());
    });
  try {
    for (const host of hosts) expect(await reach(host)).toBe('trusted');
    expect(await reach('other-pool.atlas.svc')).toContain('does not match');
  } finally {
    tls.close();
  }
});

test('the certificate authority of a pool lasts ten years and signs servers only; their certificates last 90 days', () => {
  const ca = new X509Certificate(authority.certificate);
  const leaf = new X509Certificate(server.certificate);
  expect(ca.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect((ca.validToDate.getTime() - now) / day).toBeCloseTo(3652, 0);
  expect((leaf.validToDate.getTime() - now) / day).toBeCloseTo(90, 0);
  expect(leaf.validFromDate.getTime()).toBeLessThan(now - 3_000_000);
});

test('a server certificate is renewed after two thirds of its life', () => {
  const due = serverRenewal(server, authority, hosts, now);
  expect((due - now) / day).toBeCloseTo(60, 0);
});

test('a server certificate that does not fit its server is renewed at once', async () => {
  const another = await newAuthority('glidein pool atlas/main', now);
  const broken: [string, KeyedCertificate, KeyedCertificate, readonly string[]][] = [
    ['of another authority', server, another, hosts],
    ['for another name', server, authority, [...hosts, 'new-pool.atlas.svc']],
    ['with another key', { ...server, key: another.key }, authority, hosts],
    ['not a certificate', { certificate: 'oh', key: 'no' }, authority, hosts],
  ];
  for (const [what, pair, issuer, names] of broken) {
    expect(serverRenewal(pair, issuer, names, now), what).toBe(now);
  }
});

test('a certificate authority is used until a certificate signed today would outlive it', () => {
  const end = new X509Certificate(authority.certificate).validToDate.getTime();
  expect(isAuthorityUsable(authority, end - 91 * day)).toBe(true);
  expect(isAuthorityUsable(authority, end - 89 * day)).toBe(false);
  expect(isAuthorityUsable(server, now)).toBe(false);
});
