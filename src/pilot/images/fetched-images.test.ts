import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { parseReference, referenceText } from '#images/registry/reference.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { imagesToEvict } from './evict-images.ts';
import { FetchedImages } from './fetched-images.ts';
import { Pins } from './pins.ts';

const reference = parseReference('example.org/org/tool:1');
const hex = 'a'.repeat(64);
const hour = 3_600_000;
const { signal } = new AbortController();

let directory: string;
let clock: ManualClock;
let fetches: number;
let answer: (signal: AbortSignal) => Promise<void>;
let images: FetchedImages;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-fetched-'));
  clock = new ManualClock(Date.now());
  fetches = 0;
  answer = async () => publish();
  images = new FetchedImages({
    directory,
    owner: 'uid-1',
    most: 1000,
    limit: 60_000,
    clock,
    random: () => 0,
    environment: {},
    fetch: (_reference, stop) => {
      fetches += 1;
      return answer(stop);
    },
  });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What a fetch leaves behind. */
function publish(): void {
  const path = join(directory, '.images/sha256/aa', hex);
  mkdirSync(path, { recursive: true });
  const link = join(directory, referenceText(reference));
  mkdirSync(join(link, '..'), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(path, link);
}

it('an image is fetched once for all payloads that want it, and again when its tag may have moved', async () => {
  const [one, other] = await Promise.all([images.hold(reference, signal), images.hold(reference, signal)]);
  expect(one.path).toBe(other.path);
  await images.hold(reference, signal);
  expect(fetches).toBe(1);
  clock.jump(2 * hour);
  await images.hold(reference, signal);
  expect(fetches).toBe(2);
});

it('an image that is here is used while its registry is away, and none is made up', async () => {
  answer = async () => {
    throw new GlideinError('Unavailable', 'the registry is away');
  };
  await expect(images.hold(reference, signal)).rejects.toThrow('the registry is away');
  publish();
  clock.jump(2 * hour);
  expect((await images.hold(reference, signal)).path).toContain(hex);
});

it('a fetch that takes too long ends, and so does one that nobody waits for any more', async () => {
  const hang = (stop: AbortSignal) =>
    new Promise<void>((_, reject) => stop.addEventListener('abort', () => reject(new Error('aborted'))));
  answer = hang;
  const slow = images.hold(reference, signal);
  await expect.poll(() => fetches).toBe(1);
  clock.advance(60_000);
  await expect(slow).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining('60 seconds'),
  });

  let stopped = false;
  answer = (stop) => {
    stop.addEventListener('abort', () => {
      stopped = true;
    });
    return hang(stop);
  };
  const halt = new AbortController();
  const unwanted = images.hold(reference, halt.signal);
  await expect.poll(() => fetches).toBe(2);
  halt.abort(new Error('the job was removed'));
  await expect(unwanted).rejects.toThrow('the job was removed');
  expect(stopped).toBe(true);
});

it('an image counts as in use from when it is held until it is released, also for other pilots', async () => {
  const held = await images.hold(reference, signal);
  const other = new Pins(directory, 'uid-2', clock);
  expect(await other.pinned()).toEqual(new Set([hex]));
  await held.release();
  expect(await other.pinned()).toEqual(new Set());
});

it('the uses of a pilot that is dead are forgotten, and those of one that lives are not', async () => {
  await images.hold(reference, signal);
  const other = new Pins(directory, 'uid-2', clock);
  clock.jump(599_000);
  clock.advance(60_000);
  await expect.poll(async () => (await other.pinned()).size).toBe(1);
  const [name = ''] = readdirSync(join(directory, '.pins'));
  utimesSync(join(directory, '.pins', name), 0, 0);
  expect(await other.pinned()).toEqual(new Set());
  expect(readdirSync(join(directory, '.pins'))).toEqual([]);
  // It was only stopped for a while, and says so again.
  clock.advance(60_000);
  await expect.poll(async () => (await other.pinned()).size).toBe(1);
});

it('a pilot never takes its own payloads for dead, however far its clock leaps', async () => {
  const pins = new Pins(directory, 'uid-1', clock);
  const release = await pins.pin(hex);
  clock.jump(1000 * hour);
  expect(await pins.pinned()).toEqual(new Set([hex]));
  await release();
  expect(await pins.pinned()).toEqual(new Set());
});

it('what was used longest ago makes room first, and what is in use stays', () => {
  const all = [1, 2, 3, 4].map((usedAt) => ({ digest: `sha256:${usedAt}`, bytes: 100, usedAt }));
  expect(imagesToEvict(all, 400, new Set())).toEqual([]);
  expect(imagesToEvict(all, 250, new Set())).toEqual(['sha256:1', 'sha256:2']);
  expect(imagesToEvict(all, 250, new Set(['1']))).toEqual(['sha256:2', 'sha256:3']);
  expect(imagesToEvict(all, 0, new Set(['1', '2', '3', '4']))).toEqual([]);
});
