import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { type Followed, followFiles } from './follow-files.ts';

describe('followed files', () => {
  let volume: string;
  let clock: ManualClock;
  let loaded: string[];
  let failures: string[];
  let followed: Followed | undefined;
  beforeEach(async () => {
    volume = await mkdtemp(join(tmpdir(), 'glidein-follow-'));
    clock = new ManualClock();
    loaded = [];
    failures = [];
  });
  afterEach(async () => {
    followed?.close();
    await rm(volume, { recursive: true });
  });

  const file = () => join(volume, 'pool.json');
  const follow = async () => {
    followed = await followFiles({
      files: [file()],
      clock,
      load: async () => {
        const text = await readFile(file(), 'utf8');
        if (text === 'bad') throw new Error('it is bad');
        loaded.push(text);
      },
      failed: (error) => failures.push((error as Error).message),
    });
  };
  /** As the kubelet changes a mounted ConfigMap: a new folder, and a link that is swapped. */
  const mount = async (version: string, text: string) => {
    await mkdir(join(volume, version));
    await writeFile(join(volume, version, 'pool.json'), text);
    await symlink(version, join(volume, '..data_tmp'));
    await rename(join(volume, '..data_tmp'), join(volume, '..data'));
  };
  /** Lets looks happen until `holds`. */
  const look = (holds: () => void) =>
    expect.poll(() => {
      clock.advance(5000);
      return holds();
    });

  it('files are loaded again when a link above them is swapped, and only then', async () => {
    await mount('..v1', 'one');
    await symlink('..data/pool.json', file());
    await follow();
    expect(loaded).toEqual(['one']);
    await mount('..v2', 'two');
    await look(() => loaded.join()).toBe('one,two');
    const looks = clock.timers;
    await look(() => clock.timers).toBe(looks);
    expect(loaded).toEqual(['one', 'two']);
  });

  it('files that are invalid or missing are reported, and loaded once they are valid again', async () => {
    await writeFile(file(), 'one');
    await follow();
    await writeFile(file(), 'bad');
    await look(() => failures.join()).toBe('it is bad');
    await rm(file());
    await look(() => failures.at(-1)).toMatch(/ENOENT/);
    await writeFile(file(), 'three');
    await look(() => loaded.join()).toBe('one,three');
    expect(failures).toHaveLength(2);
  });

  it('files that are invalid at the start are an error', async () => {
    await writeFile(file(), 'bad');
    await expect(follow()).rejects.toThrow('it is bad');
    expect(clock.timers).toBe(0);
  });

  it('files are not read any more once watching has ended', async () => {
    await writeFile(file(), 'one');
    await follow();
    followed?.close();
    expect(clock.timers).toBe(0);
  });
});
