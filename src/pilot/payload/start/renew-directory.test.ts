import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitStatusNames } from '../../runtime/wait-status.ts';
import { claimDirectory, makeClaimDirectory } from '../claim/claim-directory.ts';
import { renewClaimDirectory } from './renew-directory.ts';

it('a payload can be started again in its directory, whatever it has locked there', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-renew-'));
  await chmod(root, 0o777);
  // Root may do anything: the test needs an ordinary user.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    const directory = claimDirectory(root, { generation: 'g', id: '1.1', epoch: 1 });
    makeClaimDirectory(directory);
    const inThePlaceOf = join(directory.temporary, waitStatusNames.record);
    await mkdir(join(inThePlaceOf, 'locked/inside'), { recursive: true });
    for (const path of [join(inThePlaceOf, 'locked'), inThePlaceOf, directory.temporary, directory.job])
      await chmod(path, 0);
    await renewClaimDirectory(directory);
    const { program, gate } = waitStatusNames;
    expect(await readdir(directory.temporary)).toEqual([gate, program]);
    await readdir(directory.job);
  } finally {
    if (isRoot) process.seteuid?.(0);
    await rm(root, { recursive: true, force: true });
  }
});
