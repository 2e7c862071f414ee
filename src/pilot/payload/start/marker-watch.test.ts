import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { markerName } from './first-step.ts';
import { MarkerWatch } from './marker-watch.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-marker-watch-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** As the kernel does when the user has no watches left. */
const failing = (() => {
  throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), {
    code: 'ENOSPC',
  });
}) as unknown as typeof watch;

it.each([
  ['is told by the kernel', watch],
  ['is found where the kernel has no watches left', failing],
])('the marker %s, once', async (_what, watchFolder) => {
  let appeared = 0;
  const marker = new MarkerWatch(
    directory,
    () => {
      appeared += 1;
    },
    watchFolder,
  );
  expect(appeared).toBe(0);
  writeFileSync(join(directory, markerName), '');
  await expect.poll(() => appeared).toBe(1);
  rmSync(join(directory, markerName));
  expect(marker.result()).toBe('ran');
  expect(appeared).toBe(1);
});

it.each([
  ['the kernel tells', watch],
  ['the kernel has no watches left', failing],
])('a marker that never appears is absent, where %s', async (_what, watchFolder) => {
  const marker = new MarkerWatch(directory, () => expect.fail('it did not appear'), watchFolder);
  expect(marker.result()).toBe('absent');
});
