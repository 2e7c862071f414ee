import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { Guardian } from '../runtime/guardian.ts';
import { keepWarm } from './keep-warm.ts';
import type { WarmAttributes } from './warm-containers.ts';

it('a program that could not be put in its place once is put there the next time', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-keep-warm-'));
  const logger = createLogger('test', { level: 'silent' });
  const guardian = new Guardian(logger);
  onTestFinished(async () => {
    guardian.close();
    await rm(root, { recursive: true });
  });
  const clock = new ManualClock();
  const directory = join(root, 'not-yet');
  const order = {
    directory,
    spec: { runtime: { warm: { images: 1, idle: '1h' } } },
  } as unknown as PilotOrder;
  let said: WarmAttributes | undefined;
  const warm = keepWarm(order, {
    apptainer: { path: '/does/not/exist', version: '0', tier: 'A' },
    guardian,
    clock,
    logger,
    changed: (attributes) => {
      said = attributes;
    },
  });
  const find = () => warm?.find({ image: root, mounts: [] }, 'image');
  expect(await find()).toBeUndefined();
  expect(said?.WarmContainersReason).toMatch(/ENOENT.*glidein-enter/);
  await mkdir(directory);
  clock.advance(61_000);
  expect(await find()).toBeUndefined();
  expect(said?.WarmContainersReason).toMatch(/cannot start|did not set it up/);
});
