import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stageInputs } from './stage-inputs.ts';

it('staged inputs keep their permissions, and empty folders are made', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-stage-'));
  try {
    const source = join(directory, 'source');
    await writeFile(source, 'x');
    const file = { digest: `sha256:${'0'.repeat(64)}`, size: 1, executable: false };
    const { signal } = new AbortController();
    const inputs = [
      { ...file, name: 'd/secret', mode: 0o640 },
      { ...file, name: 'd/void', emptyFolder: true },
    ];
    await stageInputs(inputs, directory, signal, (_, copy) => copy(source));
    expect((await stat(join(directory, 'd/secret'))).mode & 0o777).toBe(0o640);
    expect((await stat(join(directory, 'd/void'))).isDirectory()).toBe(true);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
