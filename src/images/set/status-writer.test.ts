import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { StatusWriter } from './status-writer.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-status-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** @param bytes of the status */
function scene(bytes: number) {
  const clock = new ManualClock();
  const count = { written: 0 };
  const writer = new StatusWriter({
    file: join(directory, 'set.json'),
    status: () => {
      count.written += 1;
      return { specProblem: 'x'.repeat(bytes), ...count } as unknown as ImageSetStatus;
    },
    clock,
    logger: createLogger('test', { level: 'silent' }),
  });
  return { writer, clock, count };
}

test('a status is written half a second after it has changed, however often it does', async () => {
  const { writer, clock, count } = scene(1000);
  await writer.flush();
  writer.changed();
  clock.advance(499);
  writer.changed();
  await setImmediate();
  expect(count.written).toBe(1);
  clock.advance(1);
  await setImmediate();
  expect(count.written).toBe(2);
  await writer.flush();
});

test('a long status is written more seldom', async () => {
  const { writer, clock, count } = scene(4 * 2 ** 20);
  await writer.flush();
  writer.changed();
  clock.advance(8000);
  await setImmediate();
  expect(count.written).toBe(1);
  clock.advance(200);
  await setImmediate();
  expect(count.written).toBe(2);
  await writer.flush();
});

test('while a disk is slow, one write waits for it, and writes what is the status by then', async () => {
  const { writer, count } = scene(1000);
  const writes = Array.from({ length: 100 }, () => writer.flush());
  await Promise.all(writes);
  expect(count.written).toBeLessThanOrEqual(2);
  const text = await readFile(join(directory, 'set.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ written: count.written });
});
