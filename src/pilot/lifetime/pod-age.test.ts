import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { podAge } from './pod-age.ts';

it('a pod is as old as the file with its name that its runtime has mounted; what is no such file has no age', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-age-'));
  try {
    const [hostname, mounts] = [join(root, 'hostname'), join(root, 'mountinfo')];
    await writeFile(hostname, 'pod\n');
    await writeFile(mounts, `1 2 0:1 /x ${hostname} rw - ext4 /dev/vda rw\n`);
    await utimes(hostname, 1000, 1000);
    expect(await podAge(1_090_000, hostname, mounts)).toBe(90_000);
    // An image's own file, a clock that was set back, and no mount.
    expect(await podAge(99_000_000, hostname, mounts)).toBe(0);
    expect(await podAge(900_000, hostname, mounts)).toBe(0);
    await writeFile(mounts, '');
    expect(await podAge(1_090_000, hostname, mounts)).toBe(0);
    expect(await podAge(1_090_000, join(root, 'missing'), mounts)).toBe(0);
  } finally {
    await rm(root, { recursive: true });
  }
});
