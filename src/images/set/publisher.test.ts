import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { imageSetSpec } from '#spec/image-set.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { SetWorld } from '#testing/set-world.ts';
import { expandImage } from '../publish/expand-image.ts';
import { ImageDirectory, imageDigests } from '../tree/image-directory.ts';
import { putLease } from '../tree/leases.ts';
import type { WorkOptions } from './make-work.ts';

let world: SetWorld;
beforeEach(async () => {
  world = await SetWorld.start();
});
afterEach(() => world.stop());

const set = (...references: string[]) => ({
  images: references.map((reference) => ({ reference: world.named(reference) })),
});
const hour = 3_600_000;
const textOf = (name: string) => readFileSync(join(world.directory, world.registry.host, name, 'x'), 'utf8');
const isThere = (name: string) => existsSync(join(world.directory, world.registry.host, name));
const asked = (from: number) =>
  world.registry.requests.slice(from).map((each) => each.replace(/\/v2\/(.*)\/manifests\//, '$1:'));

describe('a set of images', () => {
  it('is published: each tag that it names, and each that fits a pattern and is not excluded', async () => {
    for (const tag of ['2026-1', '2026-2', '2026-2-rc', '2025-9', 'latest'])
      await world.registry.push(`org/name:${tag}`, [{ x: tag }]);
    await world.registry.push('org/other:1', [{ x: 'other' }]);
    const images = [
      { reference: world.named('org/name:2026-*'), exclude: ['*-rc'] },
      { reference: world.named('org/other:1') },
    ];
    const status = await world.round({ images });
    expect([...status.keys()]).toEqual(['org/name:2026-1', 'org/name:2026-2', 'org/other:1']);
    expect(textOf('org/name:2026-2')).toBe('2026-2');
    const { digest, path, bytes, failure } = status.get('org/other:1') ?? {};
    expect(failure).toBeUndefined();
    expect(digest).toMatch(/^sha256:/);
    expect(readFileSync(join(world.directory, path ?? '', 'x'), 'utf8')).toBe('other');
    expect(bytes).toBe(5);
  });

  it('may be a list of lines with comments', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.registry.push('org/other:latest', [{ x: '2' }]);
    const list = `# ours\n\n${world.named('org/name:1')} # of Ada\n  ${world.named('org/other')}\nNo Image\n`;
    const publisher = await world.open();
    const { imageSetSpec } = await import('#spec/image-set.ts');
    publisher.apply(imageSetSpec.parse({ list }), 'sha256:0');
    await publisher.run(new AbortController().signal, true);
    await publisher.close();
    const { counts, listings } = publisher.status();
    expect(counts).toEqual({ tags: 2, published: 2, pending: 0, failed: 1 });
    expect(listings).toMatchObject([{ reference: 'No Image', failure: { code: 'InvalidArgument' } }]);
  });

  it('costs one HEAD for each tag that has not moved', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }], { index: true });
    await world.registry.push('org/name:2', [{ x: '2' }]);
    await world.round(set('org/name:1', 'org/name:2'));
    world.ahead += hour;
    const from = world.registry.requests.length;
    await world.round(set('org/name:1', 'org/name:2'));
    expect(asked(from)).toEqual(['HEAD org/name:1', 'HEAD org/name:2']);
    // Before the next check is due, a publisher that starts again asks nobody.
    await world.round(set('org/name:1', 'org/name:2'));
    expect(asked(from)).toHaveLength(2);
  });

  it('follows a tag that moves, and says since when', async () => {
    await world.registry.push('org/name:1', [{ x: 'old' }]);
    const before = (await world.round(set('org/name:1'))).get('org/name:1');
    world.ahead += hour;
    const digest = await world.registry.push('org/name:1', [{ x: 'new' }]);
    const after = (await world.round(set('org/name:1'))).get('org/name:1');
    expect(textOf('org/name:1')).toBe('new');
    expect(after?.digest).toBe(digest);
    expect(Date.parse(after?.publishedAt ?? '') - Date.parse(before?.publishedAt ?? '')).toBeGreaterThan(
      hour - 1,
    );
  });

  it('publishes a name again that somebody has removed', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.round(set('org/name:1'));
    await unlink(join(world.directory, world.registry.host, 'org/name:1'));
    world.ahead += hour;
    await world.round(set('org/name:1'));
    expect(textOf('org/name:1')).toBe('1');
  });

  it('has a directory for each further platform', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const status = await world.open().then(async (publisher) => {
      const { imageSetSpec } = await import('#spec/image-set.ts');
      publisher.apply(
        imageSetSpec.parse({ ...set('org/name:1'), platforms: ['linux/arm64', 'linux/amd64'] }),
        'sha256:0',
      );
      await publisher.run(new AbortController().signal, true);
      await publisher.close();
      return publisher.status();
    });
    expect(status.counts).toEqual({ tags: 2, published: 1, pending: 0, failed: 1 });
    expect(status.images.find(({ platform }) => platform === 'linux/arm64')?.failure).toMatchObject({
      code: 'NotFound',
      reason: 'the image is not made for arm64: it is for amd64',
    });
    expect(existsSync(join(world.directory, 'linux-amd64', world.registry.host, 'org/name:1', 'x'))).toBe(
      true,
    );
  });

  it('is published by one process at a time, and others may publish beside it', async () => {
    const publisher = await world.open();
    await expect(world.open()).rejects.toMatchObject({ code: 'Conflict' });
    const other = await world.open({ name: 'other' });
    await Promise.all([publisher.close(), other.close()]);
  });

  it('is published while another set waits for a layer that does not come', async () => {
    await world.registry.push('org/slow:1', [{ x: 'slow' }]);
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const asked = Promise.withResolvers<void>();
    world.registry.answer = (request) => {
      const hangs = request.url?.includes('org/slow/blobs') === true;
      if (hangs) asked.resolve();
      return hangs;
    };
    const stop = new AbortController();
    const slow = await world.open({ name: 'slow' });
    const { imageSetSpec } = await import('#spec/image-set.ts');
    slow.apply(imageSetSpec.parse(set('org/slow:1')), 'sha256:0');
    const running = slow.run(stop.signal, true).catch(() => undefined);
    await asked.promise;
    await world.round(set('org/name:1'));
    expect(textOf('org/name:1')).toBe('1');
    expect(isThere('org/slow:1')).toBe(false);
    stop.abort(new Error('the test is over'));
    await running;
    await slow.close();
  });

  it('expands as many images at a time as it says, and one that has two names only once', async () => {
    const content = [{ x: 'the same' }];
    for (const name of ['same:1', 'same:2', 'same:3']) await world.registry.push(`org/${name}`, content);
    for (const tag of ['1', '2', '3', '4']) await world.registry.push(`org/name:${tag}`, [{ x: tag }]);
    let running = 0;
    let most = 0;
    let all = 0;
    const { clock } = world;
    const worker: WorkOptions['worker'] = {
      parallel: (wanted) => wanted,
      verify: async () => [],
      expand: async (files, tree, limits, _wanted, signal) => {
        running += 1;
        all += 1;
        most = Math.max(most, running);
        // Whatever may run beside it has begun by then.
        await sleep(50);
        const staged = await expandImage(files, tree, { limits, clock }, signal);
        running -= 1;
        return staged;
      },
    };
    const status = await world.round(
      { ...set('org/same:*', 'org/name:*'), limits: { parallel: 2 } },
      { worker },
    );
    expect([...status.values()].filter(({ digest }) => digest !== undefined)).toHaveLength(7);
    expect({ most, all }).toEqual({ most: 2, all: 5 });
  });

  it('keeps no more layers than it says', async () => {
    const tags = ['1', '2', '3', '4', '5'];
    for (const tag of tags)
      await world.registry.push(`org/name:${tag}`, [{ x: randomBytes(400_000).toString('hex') }]);
    await world.round({ ...set('org/name:*'), limits: { layerCache: '1Mi' } });
    const layers = await readdir(join(world.root, 'layers'), { withFileTypes: true, recursive: true });
    const bytes = layers
      .filter((each) => each.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(tags.filter((tag) => isThere(`org/name:${tag}`))).toEqual(tags);
    expect(bytes).toBeGreaterThan(400_000);
    expect(bytes).toBeLessThanOrEqual(2 ** 20);
  });

  it('does nothing while it is paused', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const status = await world.round({ ...set('org/name:1'), paused: true });
    expect(status.get('org/name:1')).toMatchObject({ reference: world.named('org/name:1') });
    expect(world.registry.requests).toEqual([]);
  });
});

describe('an image that fails', () => {
  it('is named with its reason, and the others are published', async () => {
    await world.registry.push('org/bad:1', [{ '../x': '1' }]);
    await world.registry.push('org/good:1', [{ x: 'good' }]);
    const status = await world.round(set('org/bad:1', 'org/good:1', 'org/none:1'));
    expect(textOf('org/good:1')).toBe('good');
    expect(status.get('org/bad:1')?.failure).toMatchObject({
      code: 'InvalidMessage',
      reason: 'a layer has an entry that leads out of the image: ../x',
      attempts: 1,
    });
    expect(status.get('org/none:1')?.failure).toMatchObject({ code: 'NotFound' });
  });

  it('stays as it was, is tried again ever more rarely, and at once when its author has pushed another', async () => {
    await world.registry.push('org/name:1', [{ x: 'old' }]);
    await world.round(set('org/name:1'));
    await world.registry.push('org/name:1', [{ '../x': 'bad' }]);
    const attempts: (number | undefined)[] = [];
    for (let rounds = 0; rounds < 8; rounds += 1) {
      world.ahead += 16 * 60_000;
      attempts.push((await world.round(set('org/name:1'))).get('org/name:1')?.failure?.attempts);
    }
    expect(textOf('org/name:1')).toBe('old');
    expect(attempts.at(-1)).toBeGreaterThan(3);
    expect(attempts.at(-1)).toBeLessThan(8);
    world.ahead += 15 * 60_000;
    await world.registry.push('org/name:1', [{ x: 'new' }]);
    expect((await world.round(set('org/name:1'))).get('org/name:1')?.failure).toBeUndefined();
    expect(textOf('org/name:1')).toBe('new');
  });

  it('is tried again at once if somebody asks for that', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const fails = async (): Promise<void> => {
      throw new GlideinError('RuntimeFailed', 'no Apptainer yet');
    };
    await world.round({ ...set('org/name:1'), smokeTest: {} }, { tryImage: fails });
    const works = { tryImage: async () => undefined };
    await world.round({ ...set('org/name:1'), smokeTest: {} }, works);
    expect(isThere('org/name:1')).toBe(false);
    const publisher = await world.open(works);
    publisher.apply(imageSetSpec.parse({ ...set('org/name:1'), smokeTest: {} }), 'sha256:0');
    publisher.retryNow();
    await publisher.run(new AbortController().signal, true);
    await publisher.close();
    expect(isThere('org/name:1')).toBe(true);
    expect(publisher.status().counts).toMatchObject({ published: 1, failed: 0 });
  });

  it('in its trial is never seen, and says what the trial said', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const tryImage = async (): Promise<void> => {
      throw new GlideinError('RuntimeFailed', 'its trial ended with exit code 3: no python');
    };
    const status = await world.round({ ...set('org/name:1'), smokeTest: {} }, { tryImage });
    expect(status.get('org/name:1')?.failure?.reason).toBe('its trial ended with exit code 3: no python');
    expect(isThere('org/name:1')).toBe(false);
    expect(await imageDigests(world.directory)).toEqual([]);
  });

  it('is not held up by tags that no registry may have, nor by those that a status remembers', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    for (const tag of ['..', 'a/b', '-x', 'a b', 'x'.repeat(300), '\u001b[2J'])
      world.registry.manifests.set(`org/name:${tag}`, world.registry.manifests.get('org/name:1') as never);
    const status = await world.round(set('org/name:*'));
    expect([...status.keys()]).toEqual(['org/name:1']);
    const file = join(world.state, 'sets', 'set.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('org/name:1"', 'org/name:.."'));
    world.ahead += hour;
    expect([...(await world.round(set('org/name:*'))).keys()]).toEqual(['org/name:1']);
  });

  it('because a pattern fits too many tags keeps those that are published', async () => {
    await world.registry.push('org/name:a1', [{ x: '1' }]);
    const wide = { ...set('org/name:a*'), limits: { tags: 2 } };
    await world.round(wide);
    for (const tag of ['a2', 'a3']) await world.registry.push(`org/name:${tag}`, [{ x: tag }]);
    world.ahead += hour;
    expect([...(await world.round(wide)).keys()]).toEqual(['org/name:a1']);
    expect(textOf('org/name:a1')).toBe('1');
  });
});

describe('what nobody wants any more', () => {
  const retention = { unlistedFor: '1h', grace: '2h' };

  it('keeps its name if that is now another entry’s, with a digest', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.round(set('org/name:1'));
    const pinned = set(`org/name:1@${digest}`);
    await world.round(pinned);
    world.ahead += 3 * 86_400_000;
    const before = world.registry.requests.length;
    await world.round(pinned);
    await world.round(pinned);
    expect(isThere('org/name:1')).toBe(true);
    expect(world.registry.requests.slice(before)).toEqual([]);
  });

  it('keeps its name if another set publishes it, with a digest or without', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    const pinned = { ...set(`org/name:1@${digest}`), retention };
    const tag = { ...set('org/name:1'), retention };
    const nothing = { ...set('org/other:1'), retention };
    await world.registry.push('org/other:1', [{ x: '2' }]);
    for (const [first, second] of [
      [pinned, tag],
      [tag, pinned],
    ] as const) {
      await world.round(first);
      await world.round(second, { name: 'other' });
      await world.round(nothing);
      world.ahead += hour + 1;
      await world.round(nothing);
      expect(isThere('org/name:1')).toBe(true);
    }
  });

  it('loses its name, and then its directory', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.registry.push('org/name:2', [{ x: '2' }]);
    await world.round({ ...set('org/name:1', 'org/name:2'), retention });
    const less = { ...set('org/name:1'), retention };
    await world.round(less);
    expect(isThere('org/name:2')).toBe(true);
    world.ahead += hour + 1;
    expect([...(await world.round(less)).keys()]).toEqual(['org/name:1']);
    expect([isThere('org/name:1'), isThere('org/name:2')]).toEqual([true, false]);
    expect(await imageDigests(world.directory)).toHaveLength(2);
    world.ahead += 2 * hour + 1;
    await world.round(less);
    expect(await imageDigests(world.directory)).toHaveLength(1);
  });

  it('goes when the registry has lost a tag that fitted a pattern, but not when it cannot be asked', async () => {
    await world.registry.push('org/name:a1', [{ x: '1' }]);
    const pattern = { ...set('org/name:a*'), retention };
    await world.round(pattern);
    world.registry.answer = (request, response) => {
      if (!request.url?.includes('/tags/')) return false;
      response.writeHead(403).end();
      return true;
    };
    world.ahead += 2 * hour;
    expect([...(await world.round(pattern)).keys()]).toEqual(['org/name:a1']);
    world.registry.answer = () => false;
    world.registry.manifests.delete('org/name:a1');
    await world.registry.push('org/name:b', [{ x: '1' }]);
    world.ahead += hour;
    await world.round(pattern);
    world.ahead += hour + 1;
    expect([...(await world.round(pattern)).keys()]).toEqual([]);
  });

  it('stays as long as a lease says that it is in use, and while a lease cannot be read', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.round({ ...set('org/name:1'), retention });
    const none = { images: [], retention: { unlistedFor: '0s', grace: '0s' } };
    const until = (milliseconds: number) => new Date(world.clock.wall() + milliseconds).toISOString();
    await putLease(world.state, 'operator', { digests: [digest], until: until(hour) });
    await world.round(none);
    expect(isThere('org/name:1')).toBe(false);
    expect(await imageDigests(world.directory)).toEqual([digest]);
    const broken = join(world.state, 'leases', 'other.json');
    await writeFile(broken, '{');
    world.ahead += 2 * hour;
    await world.round(none);
    expect(await imageDigests(world.directory)).toEqual([digest]);
    await rm(broken);
    await world.round(none);
    expect(await imageDigests(world.directory)).toEqual([]);
  });

  it('is looked for again once the directory is free, and stays if it has come into use meanwhile', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.round(set('org/name:1'));
    const other = await ImageDirectory.open(world.directory);
    const waits = Promise.withResolvers<void>();
    const openTarget = async (path: string) => {
      waits.resolve();
      return await ImageDirectory.open(path);
    };
    const going = world.round({ images: [], retention: { unlistedFor: '0s', grace: '0s' } }, { openTarget });
    await waits.promise;
    const until = new Date(world.clock.wall() + hour).toISOString();
    await putLease(world.state, 'operator', { digests: [digest], until });
    other.close();
    await going;
    expect(isThere('org/name:1')).toBe(false);
    expect(await imageDigests(world.directory)).toEqual([digest]);
  });

  it('is not forgotten when the change fails that was to take it away', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.round(set('org/name:1'));
    const openTarget = async (path: string) => {
      const images = await ImageDirectory.open(path);
      // As a transaction that is aborted.
      images.change = async (work) => {
        const nothing = Object.assign(Object.create(images) as ImageDirectory, {
          unlink: async () => true,
          remove: async () => undefined,
        });
        await work(nothing);
        throw new Error('the gateway is away');
      };
      return images;
    };
    const none = { images: [], retention: { unlistedFor: '0s', grace: '0s' } };
    expect([...(await world.round(none, { openTarget })).keys()]).toEqual(['org/name:1']);
    expect([...(await world.round(none)).keys()]).toEqual([]);
    expect(isThere('org/name:1')).toBe(false);
  });

  it('is only told with dryRun, and goes bit by bit otherwise', async () => {
    for (const tag of ['1', '2', '3']) await world.registry.push(`org/name:${tag}`, [{ x: tag }]);
    await world.round(set('org/name:1', 'org/name:2', 'org/name:3'));
    const gone = { images: [], retention: { unlistedFor: '0s', grace: '0s', most: 2 } };
    await world.round({ ...gone, retention: { ...gone.retention, dryRun: true } });
    expect(['1', '2', '3'].map((tag) => isThere(`org/name:${tag}`))).toEqual([true, true, true]);
    await world.round(gone);
    expect(['1', '2', '3'].filter((tag) => isThere(`org/name:${tag}`))).toHaveLength(1);
  });
});

it('mirrors are asked first, and the registry where they do not help', async () => {
  const mirror = await ImageRegistry.start();
  await mirror.push('org/name:1', [{ x: '1' }]);
  await world.registry.push('org/name:2', [{ x: '2' }]);
  const mirrors = [{ registry: world.registry.host, endpoints: [`http://${mirror.host}`] }];
  const status = await world.round({ ...set('org/name:1', 'org/name:2'), mirrors });
  expect([...status.values()].map(({ failure }) => failure)).toEqual([undefined, undefined]);
  expect(world.registry.requests.some((each) => each.includes('/1'))).toBe(false);
  await mirror.stop();
});
