import { execFile, execFileSync } from 'node:child_process';
import { chownSync, readlinkSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';

/** What a newcomer does first: a clone, one command, and real jobs in real containers, as root and as an ordinary user. */

const root = resolve(import.meta.dirname, '../..');
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const timeoutMs = 600_000;

let directory: string | undefined;
afterEach(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** The files that a clone of the current tree would have, with nothing installed and nothing cached. */
async function clone(uid: number | undefined): Promise<{ place: string; home: string }> {
  directory = await mkdtemp(join(tmpdir(), 'glidein-clone-'));
  const place = join(directory, 'glidein');
  const home = join(directory, 'home');
  await mkdir(home);
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    await mkdir(dirname(join(place, file)), { recursive: true });
    // A removed file is still in the list until the removal is committed.
    await cp(join(root, file), join(place, file)).catch(() => {});
  }
  if (uid !== undefined) {
    chownSync(directory, uid, uid);
    execFileSync('chown', ['-R', `${uid}:${uid}`, directory]);
  }
  return { place, home };
}

function demo(
  place: string,
  home: string,
  uid: number | undefined,
): Promise<{ code: number; out: string; err: string }> {
  const { npm_config_registry: registry, PATH } = process.env;
  // The environment of a login shell: nothing of this test's own, and above all not its newer Node.
  const path = (PATH ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':');
  const options = {
    cwd: place,
    timeout: timeoutMs,
    maxBuffer: 2 ** 26,
    env: { PATH: path, HOME: home, ...(registry === undefined ? {} : { npm_config_registry: registry }) },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  };
  return new Promise((done) => {
    execFile('npm', ['run', 'demo', '--', '--jobs', '4'], options, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
  });
}

async function demoWorks(uid: number | undefined): Promise<void> {
  const { place, home } = await clone(uid);
  const { code, out, err } = await demo(place, home, uid);
  expect(code, `${out}${err}`).toBe(0);
  expect(out.trimEnd().split('\n').at(-1)).toBe('4 of 4 jobs completed');
  // What the payload reports: its root, user map and namespaces are not those of this process.
  const hostName = /PRETTY_NAME="(.*)"/.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  expect(out).toMatch(/^root: +Glidein hello image/m);
  expect(out).not.toMatch(new RegExp(`^root: +${hostName}`, 'm'));
  for (const kind of ['user', 'pid', 'mnt']) {
    const inside = new RegExp(`${kind} (${kind}:\\[\\d+\\])`).exec(out)?.[1];
    expect(inside).toBeDefined();
    expect(inside).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
  }
  const map = /^user: +(\d+) in the container, map +(\d+) (\d+) (\d+)/m.exec(out);
  expect(map?.slice(1)).toEqual([String(uid ?? 0), String(uid ?? 0), String(uid ?? 0), '1']);
}

test.skipIf(!isRoot)(
  'npm run demo in a fresh clone as root (needs root)',
  () => demoWorks(undefined),
  timeoutMs,
);

test(
  'npm run demo in a fresh clone as an ordinary user',
  () => demoWorks(isRoot ? nobody : process.getuid?.()),
  timeoutMs,
);
