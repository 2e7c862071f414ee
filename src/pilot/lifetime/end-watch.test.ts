import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { EndBound, EndSource } from './end-bound.ts';
import { EndWatch } from './end-watch.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-ends-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Wall and monotonic time, epoch milliseconds and milliseconds. */
const now = { wall: Date.parse('2026-11-01T00:00:00Z'), monotonic: 5_000_000 };
const seconds = (text: string) => Date.parse(text) / 1000;

/** A watch that looks when it is told to. `inSeconds`: from now. */
function watch(environment: Record<string, string> = { MACHINEFEATURES: root, JOBFEATURES: root }) {
  const said = new Map<EndSource, { drain: number; end: number; reason: string } | undefined>();
  const inSeconds = ({ at }: EndBound['end']) => (at - now.monotonic) / 1000;
  const warnings: string[] = [];
  let changes = 0;
  const ends = new EndWatch({
    tokenFile: join(root, 'token'),
    noticeFile: join(root, 'end-by'),
    environment,
    leaving: 45_000,
    kept: 3_600_000,
    clock: {
      ...systemClock,
      wall: () => now.wall,
      monotonic: () => now.monotonic,
      after: () => ({ cancel() {} }),
    },
    logger: createLogger('test', {
      level: 'warn',
      destination: { write: (line) => void warnings.push(line) },
    }),
    changed: (source, bound) => {
      changes += 1;
      said.set(
        source,
        bound && { drain: inSeconds(bound.drain), end: inSeconds(bound.end), reason: bound.end.reason },
      );
    },
  });
  const sawToken = (text: string) => ends.sawToken(text);
  return { said, warnings, look: () => ends.start(), sawToken, changes: () => changes };
}

const tokenUntil = (from: string, until: string) =>
  writeFile(
    join(root, 'token'),
    new UnsecuredJWT({}).setIssuedAt(seconds(from)).setExpirationTime(seconds(until)).encode(),
  );

it('a token that nobody renews makes the pilot drain, and end while it is still valid', async () => {
  await tokenUntil('2026-11-01T00:00:00Z', '2026-11-01T01:00:00Z');
  const { said, look, changes } = watch();
  await look();
  const reason = 'its token expires at 2026-11-01T01:00:00Z and was not renewed';
  expect(said.get('token')).toEqual({ drain: 3240, end: 3555, reason });
  await rm(join(root, 'token'));
  await look();
  expect(changes()).toBe(1);
  await tokenUntil('2026-11-01T00:48:00Z', '2026-11-01T01:48:00Z');
  await look();
  expect(said.get('token')).toMatchObject({ end: 48 * 60 + 3555 });
});

it('a batch system that ends the pilot’s machine or job leaves time for the last job before that', async () => {
  const { said, look } = watch();
  await look();
  expect(said.size).toBe(0);
  await writeFile(join(root, 'shutdowntime'), `${seconds('2026-11-01T12:00:00Z')}\n`);
  await look();
  expect(said.get('machine')).toEqual({
    drain: 11 * 3600 - 45,
    end: 12 * 3600 - 45,
    reason: 'its machine is shut down at 2026-11-01T12:00:00Z',
  });
  await writeFile(join(root, 'shutdowntime_job'), `${seconds('2026-11-01T06:00:00Z')}`);
  await look();
  expect(said.get('machine')).toMatchObject({ reason: 'its batch job ends at 2026-11-01T06:00:00Z' });
});

it('a batch system that says by URL when its machine is shut down is asked', async () => {
  const server = createServer((request, answer) => {
    const found = request.url === '/features/shutdowntime';
    answer.writeHead(found ? 200 : 404).end(found ? `${seconds('2026-11-01T12:00:00Z')}` : 'no such key');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/features`;
  const { said, look, warnings } = watch({ MACHINEFEATURES: url, JOBFEATURES: url });
  await look();
  expect(said.get('machine')).toMatchObject({ end: 12 * 3600 - 45 });
  server.close();
  server.closeAllConnections();
  await look();
  expect(said.get('machine')).toMatchObject({ end: 12 * 3600 - 45 });
  expect(warnings).toEqual([]);
});

it('a notice makes the pilot drain at once, and is withdrawn by an empty file', async () => {
  const { said, look } = watch();
  await writeFile(join(root, 'end-by'), '2026-11-01T00:10:00Z');
  await look();
  expect(said.get('notice')).toMatchObject({
    end: 600 - 45,
    reason: 'notice was given that its node goes away at 2026-11-01T00:10:00Z',
  });
  expect(said.get('notice')?.drain).toBeLessThan(0);
  await writeFile(join(root, 'end-by'), '');
  await look();
  expect(said.get('notice')).toBeUndefined();
});

it.each(['soon', '9'.repeat(30), '-5'])(
  'a notice with the text %s is none, and causes one warning',
  async (text) => {
    await writeFile(join(root, 'end-by'), text);
    const { said, warnings, look } = watch();
    await look();
    await look();
    expect(said.get('notice')).toBeUndefined();
    expect(warnings).toHaveLength(1);
  },
);

it('a token that somebody else has read says its end at once, and is nothing new at the next look', async () => {
  await tokenUntil('2026-11-01T00:00:00Z', '2026-11-01T01:00:00Z');
  const { said, look, changes, sawToken } = watch();
  await look();
  await tokenUntil('2026-11-01T00:48:00Z', '2026-11-01T01:48:00Z');
  sawToken(await readFile(join(root, 'token'), 'utf8'));
  expect(said.get('token')).toMatchObject({ end: 48 * 60 + 3555 });
  await look();
  expect(changes()).toBe(2);
});
