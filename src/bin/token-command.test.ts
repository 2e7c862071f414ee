import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { Authenticator } from '#pool/auth/authenticator.ts';
import { loadOrCreateKey } from '#pool/auth/tokens.ts';
import { pipedTerminal } from '#testing/piped-terminal.ts';
import { tokenCommand } from './token-command.ts';

describe('glidein token', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-token-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** What the command prints. */
  const run = async (...words: string[]) => {
    const program = new Command('glidein').exitOverride();
    const terminal = { ...pipedTerminal(directory), user: 'carol' };
    tokenCommand(program, terminal);
    await program.parseAsync(['token', ...words], { from: 'user' });
    return terminal.out.text.trim();
  };

  it('makes tokens that the pool with the same key accepts, for as long as was asked', async () => {
    const key = await loadOrCreateKey(join(directory, 'pool.key'));
    const door = new Authenticator({ key, clock: systemClock });
    const verify = async (token: string) => door.verify(`Bearer ${token}`);
    const admin = await verify(
      await run('--pool-directory', directory, '--role', 'admin', '--subject', 'bob', '--for', '2h'),
    );
    expect(admin).toMatchObject({ subject: 'bob', role: 'admin' });
    expect(Math.abs(admin.expiresAt - Date.now() - 7_200_000)).toBeLessThan(5000);
    expect(await verify(await run('--pool-directory', directory))).toMatchObject({
      subject: 'carol',
      role: 'submitter',
    });
  });

  it('fails where there is no key, and does not make one', async () => {
    await expect(run('--pool-directory', directory)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(run()).rejects.toMatchObject({ code: 'NotFound' });
  });

  it.each([
    ['submitter', ''],
    ['submitter', 'a'.repeat(257)],
    ['submitter', 'alice\nbob'],
    ['pilot', 'p'.repeat(129)],
  ])('makes no token for a %s that the pool would refuse: %j', async (role, subject) => {
    await loadOrCreateKey(join(directory, 'pool.key'));
    await expect(
      run('--pool-directory', directory, '--role', role, '--subject', subject),
    ).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('would refuse') });
  });

  it.each(['0s', '367d', 'long', '-1h'])('makes no token that is valid for %s', async (life) => {
    await expect(run('--pool-directory', directory, '--for', life)).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });
});
