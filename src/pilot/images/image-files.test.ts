import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { UrlFailure } from '../transfer/url-failure.ts';
import { ImageFiles } from './image-files.ts';

const url = 'https://site/tool.sif';
const { signal } = new AbortController();

let directory: string;
let clock: ManualClock;
let fetches: number;
let answer: (path: string, stop: AbortSignal) => Promise<number>;
let files: ImageFiles;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-image-files-'));
  clock = new ManualClock(Date.now());
  fetches = 0;
  answer = async (path) => write(path, 40);
  files = another();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The files of another pilot that shares the directory. */
const another = () =>
  new ImageFiles({
    directory,
    most: 100,
    limit: 60_000,
    clock,
    fetcher: {
      fetch: (_url, path, _most, stop) => {
        fetches += 1;
        return answer(path, stop);
      },
    },
  });

function write(path: string, bytes: number): number {
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return bytes;
}

/** A download that never ends, unless it is aborted. */
const hang = (path: string, stop: AbortSignal) => {
  write(path, 1);
  return new Promise<number>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)));
};

it('an image file is fetched once for all payloads that want it, and again after an hour', async () => {
  const [one, other] = await Promise.all([files.hold(url, signal), files.hold(url, signal)]);
  expect(one.path).toBe(other.path);
  clock.jump(3_600_000);
  await files.hold(url, signal);
  expect(fetches).toBe(2);
});

it('image files make room for new ones, but never those that are in use', async () => {
  const used = await files.hold(url, signal);
  const unused = await files.hold(`${url}?2`, signal);
  await unused.release();
  clock.jump(1000);
  await files.hold(`${url}?3`, signal);
  expect([existsSync(used.path), existsSync(unused.path)]).toEqual([true, false]);
});

it('a download that takes too long, or that nobody waits for, ends and leaves nothing', async () => {
  answer = hang;
  const slow = files.hold(url, signal);
  await expect.poll(() => fetches).toBe(1);
  clock.advance(60_000);
  await expect(slow).rejects.toEqual(new UrlFailure('it took longer than 60 seconds', true));
  const halt = new AbortController();
  const unwanted = files.hold(url, halt.signal);
  await expect.poll(() => fetches).toBe(2);
  halt.abort(new Error('the job was removed'));
  await expect(unwanted).rejects.toThrow('the job was removed');
  expect(readdirSync(directory)).toEqual([]);
});

it('a payload goes on with a download whose beginner was stopped', async () => {
  answer = hang;
  const halt = new AbortController();
  const stopped = files.hold(url, halt.signal);
  const other = files.hold(url, signal);
  await expect.poll(() => fetches).toBe(1);
  answer = async (path) => write(path, 40);
  halt.abort();
  await expect(stopped).rejects.toThrow();
  expect(existsSync((await other).path)).toBe(true);
});

it('two pilots with the same process id, as in two pods, fetch the same file at the same time', async () => {
  const both = Promise.withResolvers<void>();
  answer = async (path) => {
    writeFileSync(path, 'x', { flag: 'wx' });
    if (fetches === 2) both.resolve();
    await both.promise;
    return 1;
  };
  const held = await Promise.all([files.hold(url, signal), another().hold(url, signal)]);
  expect(held.map(({ path }) => existsSync(path))).toEqual([true, true]);
});

it('a file that another pilot has removed before it could be used is fetched again', async () => {
  const wall = clock.wall.bind(clock);
  let removed = false;
  // The time is asked for as soon as the file is in its place.
  clock.wall = () => {
    const [name] = readdirSync(directory).filter((each) => /^sha256-[0-9a-f]{64}$/.test(each));
    if (name !== undefined && !removed) {
      removed = true;
      rmSync(join(directory, name));
    }
    return wall();
  };
  expect(existsSync((await files.hold(url, signal)).path)).toBe(true);
  expect(fetches).toBe(2);
});
