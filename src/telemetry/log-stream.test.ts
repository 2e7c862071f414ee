import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { LogStream } from './log-stream.ts';

vi.setConfig({ testTimeout: 30_000 });

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-log-'));
  file = join(directory, 'log');
});
afterEach(() => rm(directory, { recursive: true }));

/** A program that logs two lines and ends with exit code 3, its error stream an open file. */
function endOf(fd: number): Promise<number | null> {
  const logger = new URL('./logger.ts', import.meta.url).href;
  const text = `import { createLogger } from ${JSON.stringify(logger)};
const logger = createLogger('x', { level: 'info' });
logger.info('first');
setTimeout(() => { logger.info('second'); process.exit(3); }, 100);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'ignore', fd],
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

it('a program whose log finds no room goes on, and ends when it wants to', async () => {
  const full = await open('/dev/full', 'w');
  expect(await endOf(full.fd)).toBe(3);
  await full.close();
});

it('the last line before the end of a program is in its log', async () => {
  const log = await open(file, 'a');
  expect(await endOf(log.fd)).toBe(3);
  await log.close();
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['first', 'second']);
});

it('a log that is truncated by a rotation goes on at its beginning, without a hole', async () => {
  const log = await open(file, 'a');
  const stream = new LogStream(log.fd);
  stream.write(`${'x'.repeat(5000)}\n`);
  await eventually(async () => expect(await readFile(file, 'utf8')).toHaveLength(5001));
  await truncate(file);
  stream.write('after the rotation\n');
  await eventually(async () => expect(await readFile(file, 'utf8')).toBe('after the rotation\n'));
  await log.close();
});

it('a log whose reader stands still does not take all memory', () => {
  const fd = openSync('/dev/full', 'w');
  const stream = new LogStream(fd);
  const before = process.memoryUsage().rss;
  for (let line = 0; line < 2000; line += 1) stream.write(`${'x'.repeat(100_000)}\n`);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  stream.flushSync();
  closeSync(fd);
});
