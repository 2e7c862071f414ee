import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { ProbeCache, probeKey } from './probe-cache.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-probe-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('the probe cache remembers a result for an hour, and survives a broken file', async () => {
  let now = 1_000_000;
  const cache = new ProbeCache(directory, { ...systemClock, wall: () => now });
  const apptainer = { path: '/a', version: '1.4.5', tier: 'A' } as const;
  await writeFile(join(directory, 'probe.json'), '{broken');
  expect(await cache.find('k')).toBeUndefined();
  await cache.store('k', apptainer);
  expect(await cache.find('k')).toEqual(apptainer);
  expect(await cache.find('other')).toBeUndefined();
  now += 3_600_000;
  expect(await cache.find('k')).toBeUndefined();
  now -= 7_200_000;
  expect(await cache.find('k')).toBeUndefined();
});

it('the probe cache does not mistake a replaced program for the old one', async () => {
  const path = join(directory, 'apptainer');
  await writeFile(path, 'one');
  const key = await probeKey(path);
  expect(await probeKey(path)).toBe(key);
  await writeFile(path, 'another');
  expect(await probeKey(path)).not.toBe(key);
});
