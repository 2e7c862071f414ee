import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { endProcessesOf, killQuietly } from './owned-processes.ts';
import { ownerVariable } from './process-owner.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let directory: string;
const children: ChildProcess[] = [];

/** A process that does nothing, owned as its environment says, with more words in its command line. */
function idle(
  owner: string | undefined,
  options: { uid?: number; words?: readonly string[]; environment?: Record<string, string> } = {},
): ChildProcess {
  const { words = [], environment = {}, ...rest } = options;
  const child = spawn('/bin/sh', ['-c', 'while :; do sleep 1; done', 'sh', ...words], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      ...environment,
      ...(owner === undefined ? {} : { [ownerVariable]: owner }),
    },
    ...rest,
  });
  children.push(child);
  return child;
}

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-processes-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

describe('endProcessesOf', () => {
  it('only processes started for a directory, or something in it, are ended', async () => {
    const ours = [idle(directory), idle(`${directory}/pilot-1`)];
    const other = idle(`${directory}-2/pilot-1`);
    const ended = Promise.all(ours.map((child) => new Promise((done) => child.once('exit', done))));
    expect(await endProcessesOf(directory, systemClock)).toBe(true);
    await ended;
    expect(isOver(other)).toBe(false);
  });

  it('containers are ended whose configuration binds something in the directory', async () => {
    const bind = (source: string) => `{"bindpath":[{"source":"${source}","destination":"/srv"}]}`;
    const ours = idle(undefined, { environment: { ENGINE_CONFIG1: bind(`${directory}/claims/1/job`) } });
    const other = idle(undefined, { environment: { ENGINE_CONFIG1: bind(`${directory}-2/claims/1/job`) } });
    const ended = new Promise((done) => ours.once('exit', done));
    expect(await endProcessesOf(directory, systemClock)).toBe(true);
    await ended;
    expect(isOver(other)).toBe(false);
  });

  it('a process whose arguments merely name the directory is not killed', async () => {
    const editor = idle(undefined, { words: [directory, `${directory}/order.json`] });
    await new Promise((done) => editor.once('spawn', done));
    expect(await endProcessesOf(directory, systemClock)).toBe(true);
    expect(isOver(editor)).toBe(false);
  });

  it('ending the processes of an unused directory does nothing', async () => {
    expect(await endProcessesOf(directory, systemClock)).toBe(true);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'leaves other users’ processes alone (only root can try that)',
    async () => {
      const theirs = idle(directory, { uid: 65534 });
      await new Promise((done) => theirs.once('spawn', done));
      expect(await endProcessesOf(directory, systemClock)).toBe(true);
      expect(isOver(theirs)).toBe(false);
    },
  );
});

it('signalling a process that is gone is not an error', async () => {
  const child = idle(undefined);
  const ended = new Promise((done) => child.once('exit', done));
  killQuietly(child.pid ?? 0, 'SIGKILL');
  await ended;
  expect(() => killQuietly(child.pid ?? 0, 'SIGKILL')).not.toThrow();
});
