import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ImagesAtHand } from './images-at-hand.ts';

let root: string;
let said: string[];
let atHand: ImagesAtHand;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-at-hand-'));
  said = [];
  atHand = new ImagesAtHand(({ ImageDigests }) => said.push(ImageDigests));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const hexOf = (number: number) => number.toString(16).padStart(64, '0');
const digest = (number: number) => `sha256:${hexOf(number)}`;

async function use(number: number) {
  const path = join(root, '.images/sha256', hexOf(number).slice(0, 2), hexOf(number));
  await mkdir(path, { recursive: true });
  let released = 0;
  const { release } = atHand.use({
    path,
    release: async () => {
      released += 1;
    },
  });
  return { path, release, released: () => released };
}

it('slots name the digests of images that payloads have used, in order, and whether or not they still run', async () => {
  const second = await use(2);
  await use(1);
  await second.release();
  expect(second.released()).toBe(1);
  await use(1);
  expect(said).toEqual([digest(2), `${digest(1)},${digest(2)}`]);
});

it('of images that nothing runs in, only the sixteen that were used last are named; those in use always are', async () => {
  const running = await Promise.all([1, 2, 3].map(use));
  for (let number = 10; number < 40; number += 1) await (await use(number)).release();
  await use(40);
  const named = said.at(-1)?.split(',');
  expect(named).toHaveLength(3 + 16 + 1);
  expect(named).toEqual(expect.arrayContaining([1, 2, 3, 24, 39, 40].map(digest)));
  await running[0]?.release();
  await use(41);
  expect(said.at(-1)).toContain(digest(1));
});

it('an image that was removed meanwhile is not named any more', async () => {
  const gone = await use(1);
  await gone.release();
  await rm(gone.path, { recursive: true });
  await use(2);
  await expect.poll(() => said.at(-1)).toBe(digest(2));
});

it('an image that is not known by its digest is not named', async () => {
  const image = { path: join(root, 'hello'), release: async () => {} };
  expect(atHand.use(image)).toBe(image);
  expect(said).toEqual([]);
});
