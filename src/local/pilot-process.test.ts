import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { diesWithParent } from '#base/dies-with-parent.ts';
import { pilotOrder } from '#spec/pilot-order.ts';
import { PilotProcess } from './pilot-process.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let root: string;
const ends: boolean[] = [];

beforeEach(async () => {
  ends.length = 0;
  root = await mkdtemp(join(tmpdir(), 'glidein-local-'));
});
afterEach(() => rm(root, { recursive: true }));

/** A pilot whose program is a shell script; it gets `--order FILE` as $1 and $2. */
function pilotOf(script: string, command = ['/bin/sh', '-c', script, 'pilot']): PilotProcess {
  const directory = join(root, 'pilots', 'p-1');
  const order = {
    ...pilotOrder.parse({
      uid: 'uid-1',
      name: 'p-1',

      group: 'g',
      site: 'local',
      pool: { url: 'http://127.0.0.1:1', tokenFile: join(directory, 'token') },
      directory,
      cacheDirectory: root,
      spec: { cpus: 1, memory: '128Mi', disk: '1Gi' },
    }),
    uid: 'uid-1',
  };
  return new PilotProcess({
    command,
    order,
    token: 'secret',
    logFile: join(root, 'p-1.log'),
    clock: systemClock,
    onEnd: (_, provenDead) => ends.push(provenDead),
  });
}

it('a pilot process gets its order and token, and leaves no directory behind', async () => {
  const pilot = pilotOf('test -s "$2" && cat "$(dirname "$2")/token" >&2; exit 4');
  await pilot.start();
  await pilot.ended;
  expect(pilot.runtime).toEqual({ state: 'Ended', failed: true, reason: 'exit code 4: secret' });
  expect(await readdir(join(root, 'pilots'))).toEqual([]);
  expect(ends).toEqual([true]);
});

it('a pilot process that registered and left by itself has not failed', async () => {
  const pilot = pilotOf('exit 0');
  pilot.everRegistered = true;
  await pilot.start();
  await pilot.ended;
  expect(pilot.runtime).toMatchObject({ failed: false });
});

it.each([
  ['a program that is not there', ['/nowhere/glidein-pilot'], /ENOENT/],
  ['a program that is none', ['/etc'], /EACCES/],
])('a pilot process ends once, as a failure, with %s', async (_, command, reason) => {
  const pilot = pilotOf('', command);
  await pilot.start();
  await pilot.ended;
  expect(pilot.runtime).toMatchObject({
    state: 'Ended',
    failed: true,
    reason: expect.stringMatching(reason),
  });
  expect(ends).toEqual([true]);
});

it('a pilot process fails without throwing when its directory cannot be created', async () => {
  await writeFile(join(root, 'pilots'), '');
  const pilot = pilotOf('exit 0');
  await pilot.start();
  await pilot.ended;
  expect(pilot.runtime).toMatchObject({ failed: true, reason: expect.stringContaining('ENOTDIR') });
});

it('a pilot process can be asked to leave, and be ended with everything that it started', async () => {
  const asked = pilotOf('trap "exit 0" TERM; while :; do sleep 0.05; done');
  await asked.start();
  await new Promise((done) => setTimeout(done, 200));
  expect(asked.runtime).toEqual({ state: 'Running' });
  asked.terminate();
  expect(asked.runtime).toEqual({ state: 'Terminating' });
  await asked.ended;

  const ended = pilotOf('trap "" TERM; setsid sh -c "trap \\"\\" TERM; sleep 100" "$2" & wait');
  await ended.start();
  await new Promise((done) => setTimeout(done, 200));
  ended.kill();
  await ended.ended;
  expect(ended.runtime).toMatchObject({ reason: expect.stringContaining('SIGKILL') });
  expect(ends).toEqual([true, true]);
  ended.terminate();
  ended.kill();
});

it('a pilot process runs without setpriv where there is none', async () => {
  expect(await diesWithParent(['pilot'], `${root}:relative`)).toEqual(['pilot']);
  expect(await diesWithParent(['pilot'], undefined)).toEqual(['pilot']);
});
