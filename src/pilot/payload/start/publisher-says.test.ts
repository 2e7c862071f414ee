import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseImage } from './choose-image.ts';
import { publisherSays } from './publisher-says.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-says-'));
  await mkdir(join(root, '.publisher/sets'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const reference = 'docker.io/library/debian:12';
const write = (image: object, more: object = {}) =>
  writeFile(
    join(root, '.publisher/sets/set.json'),
    JSON.stringify({ set: 'set', images: [{ reference, platform: 'linux/amd64', ...image }], ...more }),
  );
const says = () => publisherSays(['/nowhere', root], ['debian:12', reference]);

describe('a job whose image is not there is told', () => {
  it('why it could not be published, and how often it was tried', async () => {
    const failure = { code: 'NotFound', reason: 'the registry has no such tag', at: '', attempts: 3 };
    await write({ failure }, { ofANewerVersion: true });
    expect(await says()).toBe(
      'its publisher could not publish it, 3 times in a row: the registry has no such tag',
    );
    expect(await chooseImage('docker://debian:12', { path: [root], allowed: [] })).toMatchObject({
      reason: expect.stringMatching(
        /^there is no image "docker:\/\/debian:12" on this pilot: its publisher could not .* such tag; tried /,
      ),
    });
  });

  it('that it is still to be published, and when it is looked for', async () => {
    await write({ nextCheckAt: '2026-11-29T22:00:00Z' });
    expect(await says()).toBe(
      'its publisher has not published it yet and looks for it at 2026-11-29T22:00:00Z',
    );
  });

  it('nothing that no publisher says, or that cannot be read', async () => {
    await write({ digest: 'sha256:0' });
    expect(await says()).toBeUndefined();
    await writeFile(join(root, '.publisher/sets/set.json'), '{');
    expect(await says()).toBeUndefined();
    expect(await publisherSays(['/nowhere'], [reference])).toBeUndefined();
  });
});
