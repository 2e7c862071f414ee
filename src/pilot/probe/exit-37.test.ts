import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { agreedCode, exit37Program } from './exit-37.ts';

it('the probe program returns the agreed code on this processor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'glidein-exit37-'));
  const path = join(directory, 'exit37');
  writeFileSync(path, exit37Program(process.arch) ?? '', { mode: 0o755 });
  expect(spawnSync(path).status).toBe(agreedCode);
  rmSync(directory, { recursive: true });
});

it('there is a probe program for x64 and arm64 only', () => {
  expect(exit37Program('arm64')?.readUInt16LE(18)).toBe(183);
  expect(exit37Program('arm64')).toHaveLength(132);
  expect(exit37Program('s390x')).toBeUndefined();
});
