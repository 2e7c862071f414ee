import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { deletedFiles } from './deleted-files.ts';

it('a file that has no name any more counts once as long as it is open, and not if it has another name', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-deleted-'));
  // The two outer levels are the container's own.
  const script =
    'cd $0; exec 3>a 4>&3 5>b; ln b c; rm a b; for f in 3 5; do head -c 200000 /dev/zero >&$f; done; echo; cat';
  const child = spawn('/bin/sh', ['-c', `sh -c 'sh -c "$1" $0; :' $0 "$1"; :`, directory, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.stdin.end();
    await once(child, 'exit');
    await rm(directory, { recursive: true });
  });
  await once(child.stdout, 'data');
  expect(await deletedFiles(child.pid ?? 0, directory)).toBeGreaterThanOrEqual(200_000);
  expect(await deletedFiles(child.pid ?? 0, directory)).toBeLessThan(400_000);
  expect(await deletedFiles(child.pid ?? 0, '/proc')).toBe(0);
});
