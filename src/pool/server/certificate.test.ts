import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PoolClient } from '#client/pool-client.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { TestAuthority } from '#testing/server-certificate.ts';
import { TestPool } from '#testing/test-pool.ts';
import { pilotsAnswer } from '#wire/pilots.ts';
import { readCertificate, requireLoopback } from './certificate.ts';

describe('a pool with a certificate', () => {
  let tlsDirectory: string;
  let authority: TestAuthority;
  let pool: TestPool | undefined;
  let clock: ManualClock;
  const closing: PoolClient[] = [];

  beforeEach(async () => {
    tlsDirectory = await mkdtemp(join(tmpdir(), 'glidein-tls-'));
    authority = await TestAuthority.make();
    clock = new ManualClock(Date.now());
  });
  afterEach(async () => {
    for (const client of closing.splice(0)) await client.close();
    await pool?.destroy();
    pool = undefined;
    await rm(tlsDirectory, { recursive: true });
  });

  const start = async () => {
    await authority.writeServer(tlsDirectory);
    pool = await TestPool.start({ tlsDirectory, clock });
    return pool;
  };
  const address = (of: TestPool) => of.url.replace('127.0.0.1', 'localhost');
  const clientOf = (of: TestPool, ca: string | (() => string)) => {
    const client = new PoolClient({ url: address(of), token: () => of.token('operator'), ca });
    closing.push(client);
    return client;
  };
  const presented = (of: TestPool) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(
        { port: Number(new URL(of.url).port), servername: 'localhost', ca: authority.certificate },
        () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        },
      );
      socket.once('error', reject);
    });

  it('a pool with a certificate answers over TLS only', async () => {
    const running = await start();
    expect(running.url).toMatch(/^https:/);
    const answer = await clientOf(running, authority.certificate).json('/v1/pilots', pilotsAnswer);
    expect(answer.pilots).toEqual([]);
    const stranger = await TestAuthority.make();
    await expect(
      clientOf(running, stranger.certificate).json('/v1/pilots', pilotsAnswer),
    ).rejects.toMatchObject({
      code: 'Unavailable',
    });
    await expect(fetch(`${address(running).replace('https', 'http')}/healthz`)).rejects.toThrow();
  });

  it('the metrics of a pool say when its certificate ends', async () => {
    const running = await start();
    const end = /^glidein_pool_certificate_end_timestamp_seconds\{certificate="Server"\} (\d+)$/m;
    const seconds = Number(end.exec(await running.core.metrics.text())?.[1]);
    const certificate = new X509Certificate(await readFile(join(tlsDirectory, 'tls.crt')));
    expect(seconds * 1000).toBe(certificate.validToDate.getTime());
  });

  it('a client reads the authority of the pool again for each connection', async () => {
    const running = await start();
    const stranger = await TestAuthority.make();
    let ca = stranger.certificate;
    const client = clientOf(running, () => ca);
    await expect(client.json('/v1/pilots', pilotsAnswer)).rejects.toMatchObject({ code: 'Unavailable' });
    ca = authority.certificate;
    await client.json('/v1/pilots', pilotsAnswer);
  });

  it('a new certificate is presented without a restart, and the old one while the new one is broken', async () => {
    const running = await start();
    const first = await presented(running);
    await writeFile(join(tlsDirectory, 'tls.crt'), 'broken');
    await expect
      .poll(() => {
        clock.advance(5000);
        return running.log.join('');
      })
      .toMatch(/new certificate is invalid/);
    expect(await presented(running)).toBe(first);
    await authority.writeServer(tlsDirectory);
    await expect
      .poll(async () => {
        clock.advance(5000);
        return presented(running);
      })
      .not.toBe(first);
    expect(running.log.join('')).not.toContain('PRIVATE KEY');
  });

  it("a certificate with another certificate's key is refused", async () => {
    await authority.writeServer(tlsDirectory);
    const other = await mkdtemp(join(tmpdir(), 'glidein-tls-'));
    await authority.writeServer(other);
    await writeFile(join(tlsDirectory, 'tls.key'), await readFile(join(other, 'tls.key')));
    await rm(other, { recursive: true });
    await expect(readCertificate(tlsDirectory)).rejects.toMatchObject({
      code: 'InvalidArgument',
      place: { file: join(tlsDirectory, 'tls.crt') },
    });
  });

  it('probes need no token', async () => {
    const running = await start();
    const client = clientOf(running, authority.certificate);
    const ready = z.object({ status: z.literal('ready') });
    expect(await client.json('/readyz', ready)).toEqual({ status: 'ready' });
  });
});

describe('a pool without a certificate', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])(
    'a pool without a certificate listens on %s',
    (host) => {
      expect(() => requireLoopback(host)).not.toThrow();
    },
  );

  it.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'pool.example.org', '', '127.0.0.1.evil.org'])(
    'a pool without a certificate does not listen on "%s"',
    (host) => {
      expect(() => requireLoopback(host)).toThrow(/loopback only/);
    },
  );
});
