import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

/** `bin/glidein` in a clone, as users meet it: before and after a build, and on machines with another Node. */

vi.setConfig({ testTimeout: 60_000 });

const root = resolve(import.meta.dirname, '../..');
let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'glidein-clone-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0')) {
    if (!/^(src|hack|bin|package)/.test(file) || !existsSync(join(root, file))) continue;
    cpSync(join(root, file), join(place, file));
  }
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(file: string, words: readonly string[], path = '/usr/bin:/bin'): Promise<Ran> {
  const options = { cwd: '/', env: { PATH: path, HOME: place } };
  return new Promise((done) => {
    execFile(file, [...words], options, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
  });
}

const glidein = (...words: string[]) => run(join(place, 'bin/glidein'), words);

it('glidein in a clone that was never built works, and prints nothing but the answer', async () => {
  expect(await glidein('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  expect(await glidein('classad', 'eval', '1 + 1')).toEqual({ code: 0, out: '2\n', err: '' });
});

it('glidein in a clone whose sources have changed runs the new sources', async () => {
  await glidein('--version');
  appendFileSync(join(place, 'src/bin/glidein.ts'), '\n');
  execFileSync('sed', [
    '-i',
    's/First steps on one machine/Erste Schritte/',
    join(place, 'src/cli/program.ts'),
  ]);
  const { out, err } = await glidein('--help');
  expect([out.includes('Erste Schritte'), err]).toEqual([true, '']);
});

it.each([
  ['is not there', (file: string) => rmSync(file)],
  ['was cut off', (file: string) => truncateSync(file, 100)],
])('a bundle that %s is built again', async (_how, damage) => {
  await glidein('--version');
  damage(join(place, 'dist/glidein.main.js'));
  expect(await glidein('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});

it('a source that cannot be bundled is named, and the previous bundle is not run', async () => {
  await glidein('--version');
  appendFileSync(join(place, 'src/bin/glidein.ts'), '\n)\n');
  const { code, out, err } = await glidein('--version');
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/^glidein: the bundles .* cannot be made: .*src\/bin\/glidein\.ts:\d+/s);
});

it('a clone without its packages says in one line to run npm ci', async () => {
  rmSync(join(place, 'node_modules'));
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
  const { code, out, err } = await run(join(place, 'bin/glidein'), ['q'], path);
  expect([code, out]).toEqual([1, '']);
  expect(err).toBe(`glidein: the packages are missing or out of date: run "npm ci" in ${place}\n`);
});

it('a machine without any Node is told what to install', async () => {
  rmSync(join(place, 'node_modules'));
  symlinkSync('/bin/sh', join(place, 'sh'));
  symlinkSync('/usr/bin/readlink', join(place, 'readlink'));
  const { code, err } = await run('/bin/sh', [join(place, 'bin/glidein'), 'q'], place);
  expect(code).toBe(1);
  expect(err).toMatch(/^glidein: there is no Node\.js here: .* run "npm ci" in .*\n$/);
});

it('a command that is linked into another directory finds its clone, and bin/glidein-pilot and bin/glidein-pool run', async () => {
  symlinkSync(join(place, 'bin/glidein'), join(place, 'linked'));
  expect(await run(join(place, 'linked'), ['--version'])).toMatchObject({ out: '0.1.0\n', err: '' });
  for (const name of ['glidein-pool', 'glidein-pilot']) {
    const { code, out } = await run(join(place, 'bin', name), ['--help']);
    expect([code, out.split('\n')[0]]).toEqual([0, expect.stringContaining(`Usage: ${name}`)]);
  }
});

it('npx in a clone that was never built prints nothing but the answer of glidein', async () => {
  const npx = (await run('/bin/sh', ['-c', 'command -v npx'], process.env.PATH)).out.trim();
  const line = `cd ${place} && ${npx} glidein --version`;
  expect(await run('/bin/sh', ['-c', line], process.env.PATH)).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});

it('a bundle that runs on too old a Node says so in one line', async () => {
  await glidein('--version');
  const old =
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })';
  const words = ['--import', `data:text/javascript,${old}`, join(place, 'dist/glidein.js'), '--version'];
  const { code, out, err } = await run(process.execPath, words);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/^glidein: Node\.js 24 or newer is needed, but this is .*bin\/glidein.*\n$/);
});
