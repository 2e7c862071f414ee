import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PilotLogs } from './pilot-logs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-logs-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function log(name: string, at: number): Promise<void> {
  await writeFile(join(directory, name), 'x');
  await utimes(join(directory, name), at, at);
}

it('logs of pilots do not fill the disk in the course of time: the newest stay, and those of living pilots', async () => {
  const logs = new PilotLogs(directory, 2);
  await log('pool.log', 1);
  await log('notes.txt', 1);
  await logs.begin('g-t1-1');
  for (let number = 1; number <= 5; number += 1) await log(`g-t1-${number}.log`, number);
  expect(await logs.begin('g-t1-6')).toBe(join(directory, 'g-t1-6.log'));
  await log('g-t1-6.log', 6);
  expect((await readdir(directory)).sort()).toEqual(
    ['g-t1-1.log', 'g-t1-4.log', 'g-t1-5.log', 'g-t1-6.log', 'notes.txt', 'pool.log'].sort(),
  );
  logs.end('g-t1-1');
  await logs.begin('g-t1-7');
  expect(await readdir(directory)).not.toContain('g-t1-1.log');
});
