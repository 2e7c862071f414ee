import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { asAccount } from './other-account.ts';

test('a command of another account sees what lies below a closed folder, and needs no cache that is not there', async () => {
  const closed = await mkdtemp(join(tmpdir(), "glidein-root's home-"));
  onTestFinished(() => rm(closed, { recursive: true }));
  const checkout = join(closed, 'the checkout');
  await mkdir(checkout);
  const reads = [checkout, join(closed, '.cache/glidein')];
  const lines = await asAccount({ account: 1000, command: ['id'], reads, stash: '/stash' });
  const script = lines.find((word) => word.includes('setpriv')) ?? '';
  expect(script).toContain("root'\\''s home-");
  expect(script).toContain("/the checkout' '/stash/0'");
  expect(script).not.toContain('.cache');
});
