import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { closeStateDirectory, endpointFile, openStateDirectory, writeWhole } from './state-directory.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let root: string;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-state-'));
});
afterEach(async () => {
  holder?.kill('SIGKILL');
  await rm(root, { recursive: true });
});

/** Another process that holds the state directory until it is killed. */
async function holdElsewhere(): Promise<void> {
  const script = `
    import { openStateDirectory } from '${new URL('state-directory.ts', import.meta.url).href}';
    await openStateDirectory(process.argv[1]);
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  holder = child;
  await new Promise((done) => child.stdout.once('data', done));
}

it('a state directory provides what a site needs, and can be used again', async () => {
  const state = await openStateDirectory(join(root, 'new', 'state'));
  expect(await readdir(state.root)).toEqual(expect.arrayContaining(['cache', 'logs', 'pilots', 'pool']));
  await closeStateDirectory(state);
  await closeStateDirectory(await openStateDirectory(state.root));
});

it('a state directory belongs to one glidein up at a time, and to the next as soon as that one is killed', async () => {
  await holdElsewhere();
  await writeWhole(endpointFile(root), JSON.stringify({ pid: 4711 }));
  await expect(openStateDirectory(root)).rejects.toMatchObject({
    code: 'Conflict',
    message: `another glidein up (process 4711) uses the state directory ${root}`,
    cure: expect.stringContaining('--state'),
  });
  const ended = new Promise((done) => holder?.once('exit', done));
  holder?.kill('SIGKILL');
  await ended;
  await closeStateDirectory(await openStateDirectory(root));
});

it('a state directory that cannot be written is refused with the reason', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(openStateDirectory(join(root, 'file', 'state'))).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringContaining(`cannot use the state directory ${root}/file/state: ENOTDIR`),
  });
});

it('a state directory where no folder can be made is refused, and not tried for ever', async () => {
  await expect(openStateDirectory('/proc/nope/deep/state')).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringContaining('cannot use the state directory /proc/nope/deep/state: ENOENT'),
  });
});

it('a state directory and what is made above it are for their owner alone', async () => {
  await openStateDirectory(join(root, 'above', 'state')).then(closeStateDirectory);
  for (const path of ['above', 'above/state'])
    expect((await stat(join(root, path))).mode & 0o777, path).toBe(0o700);
});
