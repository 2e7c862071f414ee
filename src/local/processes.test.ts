import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { endProcessesOf, killQuietly } from './processes.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let directory: string;
const children: ChildProcess[] = [];

/** A process that does nothing, with more words in its command line. */
function idle(words: readonly string[], options: { uid?: number } = {}): ChildProcess {
  const child = spawn('/bin/sh', ['-c', 'while :; do sleep 1; done', 'sh', ...words], {
    stdio: 'ignore',
    ...options,
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
  it('ends what names the directory or something in it, and nothing else', async () => {
    const [itself, below, bound] = [
      idle([directory]),
      idle([`${directory}/order`]),
      idle([`${directory}/a:/srv`]),
    ];
    const other = idle([`${directory}-2/order`]);
    const ended = Promise.all(
      [itself, below, bound].map((child) => new Promise((done) => child?.once('exit', done))),
    );
    expect(await endProcessesOf(directory, systemClock)).toBe(true);
    await ended;
    expect(isOver(other)).toBe(false);
  });

  it('has nothing to do where nothing is', async () => {
    expect(await endProcessesOf(directory, systemClock)).toBe(true);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'leaves other users’ processes alone (only root can try that)',
    async () => {
      const theirs = idle([`${directory}/order`], { uid: 65534 });
      await new Promise((done) => theirs.once('spawn', done));
      expect(await endProcessesOf(directory, systemClock)).toBe(true);
      expect(isOver(theirs)).toBe(false);
    },
  );
});

it('a signal to a process that is gone is no error', async () => {
  const child = idle([]);
  const ended = new Promise((done) => child.once('exit', done));
  killQuietly(child.pid ?? 0, 'SIGKILL');
  await ended;
  expect(() => killQuietly(child.pid ?? 0, 'SIGKILL')).not.toThrow();
});
