import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

/** The client as `npm run pack` packs it and `npm install --global` installs it, away from the clone. */

vi.setConfig({ testTimeout: 60_000, hookTimeout: 240_000 });

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'glidein-installed-'));
  const { stdout } = await run(process.execPath, [join(root, 'hack/pack.mjs'), place]);
  // Nothing can be fetched: there is no registry at that address.
  const offline = { ...process.env, HOME: place, npm_config_registry: 'http://127.0.0.1:1' };
  const install = ['install', '--global', '--prefix', place, '--offline', '--no-audit', '--no-fund'];
  await run('npm', [...install, stdout.trim()], { cwd: place, env: offline });
});
afterAll(() => rm(place, { recursive: true, force: true }));

const glidein = (...words: string[]) => installed('glidein', ...words);

const installed = (command: string, ...words: string[]) =>
  run(join(place, 'bin', command), words, {
    cwd: '/',
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: place },
  });

it('an installed client runs outside the clone, and does not ask a registry for a package of its name', async () => {
  expect((await glidein('--version')).stdout).toBe('0.1.0\n');
  expect((await glidein('classad', 'eval', '1 + 1')).stdout).toBe('2\n');
});

it('an installed client is a plug-in of kubectl, too', async () => {
  expect((await installed('kubectl-glidein', 'classad', 'eval', '1 + 1')).stdout).toBe('2\n');
});

it('an installed client reports in its own words that there is no pool', async () => {
  await expect(glidein('q')).rejects.toMatchObject({
    code: 7,
    stderr: expect.stringContaining('no pool runs here'),
  });
});
