import { chmodSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageWorld } from '#testing/image-world.ts';
import { collectGarbage, type GarbageOptions } from './collect-garbage.ts';
import { publishedNames } from './image-directory.ts';
import { verifyImage } from './verify.ts';

let world: ImageWorld;
let path: string;
let digest: string;
beforeEach(async () => {
  world = await ImageWorld.start();
  await world.registry.push('org/name:1', [{ 'd/x': 'content', link: { type: 'symlink', linkname: 'd' } }]);
  ({ path, digest } = await world.publish('org/name:1'));
});
afterEach(() => world.stop());

const hour = 3_600_000;

describe('garbage', () => {
  const collect = (options: Partial<GarbageOptions> = {}) =>
    collectGarbage(world.directory, world.images, {
      now: hour,
      grace: 10 * hour,
      most: 50,
      used: new Set(),
      dryRun: false,
      ...options,
    });
  const unlink = () => world.images.unlink(`${world.registry.host}/org/name:1`);

  it('is not what a name leads to', async () => {
    expect(await collect({ now: 1000 * hour })).toMatchObject({ removed: [], kept: [] });
  });

  it('is not what a name of many parts leads to', async () => {
    await unlink();
    await world.images.link(`${world.registry.host}/a/b/c/d/e/f/g/h/i/j/k:1`, digest);
    await collect();
    expect(await collect({ now: 1000 * hour })).toMatchObject({ removed: [], kept: [] });
  });

  it('is nothing that lies in an image which somebody has put there', async () => {
    const byHand = join(world.directory, world.registry.host, 'org', 'by-hand');
    mkdirSync(join(byHand, '.singularity.d'), { recursive: true });
    mkdirSync(join(byHand, 'usr'));
    symlinkSync(path, join(byHand, 'usr', 'x'));
    expect(await publishedNames(world.directory)).toHaveLength(1);
  });

  it('goes once no name has led to it for a while', async () => {
    await unlink();
    expect(await collect()).toMatchObject({ removed: [], kept: [{ digest, until: 11 * hour }] });
    expect(await collect({ now: 10 * hour })).toMatchObject({ removed: [] });
    expect(await collect({ now: 11 * hour })).toMatchObject({ removed: [digest], kept: [] });
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.json`)).toBe(false);
  });

  it('begins to wait again when it was used under a name meanwhile', async () => {
    await unlink();
    await collect();
    await world.publish('org/name:1');
    await collect({ now: 5 * hour });
    await unlink();
    expect(await collect({ now: 12 * hour })).toMatchObject({
      removed: [],
      kept: [{ digest, until: 22 * hour }],
    });
  });

  it('stays while somebody uses it, and in a dry run', async () => {
    await unlink();
    await collect();
    const late = { now: 12 * hour };
    expect(await collect({ ...late, dryRun: true })).toMatchObject({ removed: [digest] });
    expect(await collect({ ...late, used: new Set([digest]) })).toMatchObject({ removed: [] });
    expect(existsSync(path)).toBe(true);
  });

  it('begins to wait again when its last user has gone, who may only have been forgotten for a moment', async () => {
    await unlink();
    await collect();
    await collect({ now: 12 * hour, used: new Set([digest]) });
    expect(await collect({ now: 13 * hour })).toMatchObject({
      removed: [],
      kept: [{ digest, until: 23 * hour }],
    });
    expect(await collect({ now: 23 * hour })).toMatchObject({ removed: [digest] });
  });

  it('goes in small numbers', async () => {
    await world.registry.push('org/name:1', [{ x: 'another' }]);
    await world.publish('org/name:1');
    await unlink();
    await collect();
    expect((await collect({ now: 12 * hour, most: 1 })).removed).toHaveLength(1);
    expect((await collect({ now: 12 * hour, most: 1 })).removed).toHaveLength(1);
    expect(await collect({ now: 12 * hour })).toMatchObject({ removed: [], kept: [] });
  });
});

describe('an image', () => {
  const { signal } = new AbortController();
  const verify = (deep = false) => verifyImage(world.directory, digest, deep, signal);

  it('that is complete has no differences', async () => {
    expect(await verify(true)).toEqual([]);
  });

  it('whose directories hand down their group, as on a volume of Kubernetes, has no differences', async () => {
    chmodSync(join(path, 'd'), statSync(join(path, 'd')).mode | 0o2000);
    expect(await verify()).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['lacks a file', () => rmSync(join(path, 'd/x')), 'd/x is missing'],
    ['has a shorter file', () => writeFileSync(join(path, 'd/x'), ''), 'd/x has 0 bytes, not 7'],
    ['has other permissions', () => chmodSync(join(path, 'd'), 0o700), 'd has other permissions'],
    ['has a file in place of a link', () => replace('link'), 'link is no link'],
    [
      'lacks its start files',
      () => rmSync(join(path, '.singularity.d'), { recursive: true }),
      '.singularity.d is missing',
    ],
    ['lacks its record', () => rmSync(`${path}.json`), 'its record is missing'],
    ['lacks its list', () => rmSync(`${path}.list.gz`), 'the list of its contents is missing'],
  ])('that %s is found out', async (_what, spoil, says) => {
    spoil();
    expect(await verify()).toContainEqual(expect.stringContaining(says));
  });

  it('with a file of the same size and another content is found out by reading', async () => {
    writeFileSync(join(path, 'd/x'), 'CONTENT');
    expect(await verify()).toEqual([]);
    expect(await verify(true)).toEqual(['d/x has another content']);
  });

  const replace = (name: string): void => {
    rmSync(join(path, name));
    writeFileSync(join(path, name), '');
  };
});
