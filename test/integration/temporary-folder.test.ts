import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const hack = resolve(import.meta.dirname, '../../hack');

/** Has a child write into its folder until somebody ends it. */
const script = `
  import { withTemporaryFolder } from ${JSON.stringify(join(hack, 'temporary-folder.mjs'))};
  import { run } from ${JSON.stringify(join(hack, 'run-child.mjs'))};
  await withTemporaryFolder("glidein-it's", (folder) =>
    run('sh', ['-c', 'echo begun; while :; do echo more > "$0/x"; done', folder], {
      timeoutMs: 60_000,
      onLine: (line) => console.log(line),
    }),
  );`;

test.each(['SIGINT', 'SIGTERM'] as const)(
  'what npm test keeps while it runs goes when %s ends it',
  async (signal) => {
    const parent = await mkdtemp(join(tmpdir(), 'glidein-interrupted-'));
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: parent },
    });
    try {
      await once(child.stdout, 'data');
      expect(await readdir(parent)).toHaveLength(1);
      child.kill(signal);
      await once(child, 'exit');
      expect(await readdir(parent)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await rm(parent, { recursive: true, force: true });
    }
  },
);
