import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOfSources } from '#testing/payload-sources.ts';
import { programs, sourceDigest } from './launch-programs.ts';
import { Launcher } from './launcher.ts';

it('the programs that start processes are compiled from the sources in hack/payload-programs', () => {
  expect(digestOfSources('launch.c')).toBe(sourceDigest);
});

it('nothing is started for other machines, nor a command that the system might not take', () => {
  const small = { file: '/bin/true', args: [] };
  expect(new Launcher('/nowhere', 'riscv64').takes(small)).toBe(false);
  expect(new Launcher('/nowhere', 'x64').takes(small)).toBe(true);
  expect(new Launcher('/nowhere', 'x64').takes({ ...small, args: ['x'.repeat(100_000)] })).toBe(false);
});

describe.skipIf(programs[process.arch] === undefined)(`what starts containers (${process.arch})`, () => {
  let directory: string;
  let launcher: Launcher;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'glidein-launcher-'));
    launcher = new Launcher(directory);
    writeFileSync(join(directory, 'out'), '');
  });
  afterEach(() => {
    launcher.close();
    rmSync(directory, { recursive: true });
  });

  const out = () => readFileSync(join(directory, 'out'), 'utf8');
  const run = (script: string) => {
    const streams = ['/dev/null', join(directory, 'out'), join(directory, 'out')] as const;
    return launcher.run({ file: '/bin/sh', args: ['-c', script] }, streams, directory);
  };
  const isAlive = (pid: number) =>
    existsSync(`/proc/${pid}`) && !/ Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

  it.each([
    ['exit 7', { code: 7, signal: null }],
    ['kill -9 $$', { code: null, signal: 'SIGKILL' }],
    ['kill -11 $$', { code: null, signal: 'SIGSEGV' }],
  ])('tells how "%s" ended', async (script, end) => {
    expect(await (await run(script)).exit).toEqual(end);
  });

  it('starts it in its directory, as the leader of a session, with the streams, and signals as they usually are', async () => {
    const process = await run(`pwd; ps -o sid= -p $$ | tr -d ' '; echo x >&2; grep SigBlk /proc/self/status`);
    await process.exit;
    expect(out()).toBe(`${directory}\n${process.pid}\nx\nSigBlk:\t0000000000000000\n`);
  });

  it('ends only when everything is dead that was left behind, in whatever session', async () => {
    const leftover = 'setsid sh -c "echo \\$\\$; sleep 60 & sleep 60" & sleep 0.3';
    await (await run(`(${leftover}) & wait; exit 3`)).exit;
    expect(isAlive(Number(out()))).toBe(false);
  });

  it('hands on signals', async () => {
    const process = await run('trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done');
    await vi.waitFor(() => expect(out()).toBe('ready\n'), 10_000);
    process.signal('SIGTERM');
    expect(await process.exit).toEqual({ code: 5, signal: null });
  });

  it('removes a folder with whatever names are in it, and does not follow links', async () => {
    const folder = join(directory, 'folder');
    mkdirSync(join(folder, 'a/b/c'), { recursive: true });
    for (let number = 0; number < 300; number += 1) writeFileSync(join(folder, `a/${number}`), '');
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a/b/`), Buffer.from([0xff, 0x0a])]), '');
    writeFileSync(join(directory, 'kept'), '');
    symlinkSync(directory, join(folder, 'link'));
    await launcher.remove(folder);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(directory, 'kept'))).toBe(true);
  });

  it('removes also what lies too deep for the program, or is gone already', async () => {
    const deep = join(directory, 'deep');
    mkdirSync(join(deep, 'x/'.repeat(100)), { recursive: true });
    await launcher.remove(deep);
    expect(existsSync(deep)).toBe(false);
    await launcher.remove(deep);
  });

  it('says that a program is not there', async () => {
    const streams = ['/dev/null', join(directory, 'out'), join(directory, 'out')] as const;
    const process = await launcher.run({ file: '/no/such', args: [] }, streams, directory);
    await expect(process.exit).rejects.toThrow('cannot start /no/such');
  });

  it('starts another of itself when it was killed, and what the first had started is dead', async () => {
    const first = await run('sleep 60 & echo $!; wait');
    await vi.waitFor(() => expect(out()).toMatch(/^\d+\n$/), 10_000);
    const monitor = Number(readFileSync(`/proc/${first.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
    process.kill(
      Number(readFileSync(`/proc/${monitor}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]),
      'SIGKILL',
    );
    expect(await first.exit).toEqual({ code: null, signal: 'SIGKILL' });
    await vi.waitFor(() => expect(isAlive(Number(out()))).toBe(false), 10_000);
    expect(await (await run('exit 2')).exit).toEqual({ code: 2, signal: null });
  });
});
