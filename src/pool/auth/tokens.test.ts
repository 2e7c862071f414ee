import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { requireOwner, requireRole } from './access.ts';
import { Authenticator } from './authenticator.ts';
import { loadOrCreateKey, mintToken } from './tokens.ts';

const key = randomBytes(32);
const authenticator = new Authenticator({ key, clock: systemClock });
const sign = (claims: Record<string, unknown>, by: Uint8Array = key) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer('glidein-pool').sign(by);
const soon = Math.floor(Date.now() / 1000) + 60;

describe('tokens', () => {
  it('a token proves the identity for which it was made, until it expires', async () => {
    const token = await mintToken(key, { subject: 'alice', role: 'submitter' }, 60);
    const bearer = await authenticator.verify(`Bearer ${token}`);
    expect(bearer).toMatchObject({ subject: 'alice', role: 'submitter' });
    expect(Math.abs(bearer.expiresAt - Date.now() - 60_000)).toBeLessThan(2000);
  });

  it.each([
    ['none', async () => undefined],
    ['another scheme', async () => 'Basic abc'],
    ['nonsense', async () => 'Bearer abc'],
    ['a very long one', async () => `Bearer ${'a'.repeat(100_000)}`],
    ['one that is over', async () => `Bearer ${await mintToken(key, { subject: 'a', role: 'admin' }, -1)}`],
    [
      'one of another key',
      async () => `Bearer ${await sign({ sub: 'a', role: 'admin', exp: soon }, randomBytes(32))}`,
    ],
    ['one without an end', async () => `Bearer ${await sign({ sub: 'a', role: 'admin' })}`],
    ['one without a subject', async () => `Bearer ${await sign({ sub: '', role: 'admin', exp: soon })}`],
    [
      'a subject with a line break',
      async () => `Bearer ${await sign({ sub: 'a\nb', role: 'admin', exp: soon })}`,
    ],
    [
      'a subject with half a character, which the database would replace',
      async () => `Bearer ${await sign({ sub: 'a\ud800', role: 'admin', exp: soon })}`,
    ],
    ['a role that nobody knows', async () => `Bearer ${await sign({ sub: 'a', role: 'king', exp: soon })}`],
    [
      'one that nobody signed',
      async () =>
        `Bearer ${[{ alg: 'none' }, { sub: 'a', role: 'admin', exp: soon, iss: 'glidein-pool' }]
          .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
          .join('.')}.`,
    ],
  ])('a token is refused: %s', async (_what, header) => {
    await expect(authenticator.verify(await header())).rejects.toMatchObject({ code: 'Unauthenticated' });
  });

  it("an admin's token may do everything, other tokens only what their role may", () => {
    expect(() => requireRole({ subject: 'a', role: 'admin' }, 'pilot')).not.toThrow();
    expect(() => requireRole({ subject: 'a', role: 'pilot' }, 'submitter')).toThrow(/pilot/);
    expect(() => requireOwner({ subject: 'a', role: 'submitter' }, 'b', '1.0')).toThrow(/belongs to b/);
  });
});

describe('the key of a pool', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-key-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('the key of a pool is made once, and only its owner can read it', async () => {
    const file = join(directory, 'pool.key');
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKey(file)));
    expect(new Set(keys.map((one) => Buffer.from(one).toString('hex'))).size).toBe(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['pool.key']);
  });

  it('a file that holds no key is refused', async () => {
    const file = join(directory, 'pool.key');
    await writeFile(file, 'short');
    await expect(loadOrCreateKey(file)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});
