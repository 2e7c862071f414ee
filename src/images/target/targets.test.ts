import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageWorld } from '#testing/image-world.ts';
import { type TargetWorld, targetWorlds } from '#testing/target-worlds.ts';
import { publishedNames } from '../tree/image-directory.ts';
import { verifyImage } from '../tree/verify.ts';
import type { ImageChange, ImageTarget } from './image-target.ts';

const { signal } = new AbortController();

describe.each(Object.entries(targetWorlds))('images in %s', (_kind, makeWorld) => {
  let source: ImageWorld;
  let world: TargetWorld;
  let target: ImageTarget;
  beforeEach(async () => {
    source = await ImageWorld.start();
    world = await makeWorld();
    target = await world.open();
  });
  afterEach(async () => {
    target.close();
    await world.remove();
    await source.stop();
  });

  const push = (text: string) => source.registry.push('org/tool:1', [{ word: text }]);
  const publish = () => source.publish('org/tool:1', { images: target });
  const nameOf = () => `${source.registry.host}/org/tool:1`;
  const word = () => readFileSync(join(world.seen(), nameOf(), 'word'), 'utf8');

  it('are seen under their names, complete and as their record says', async () => {
    const digest = await push('one');
    expect(await publish()).toMatchObject({ name: nameOf(), digest, wasThere: false });
    expect(word()).toBe('one');
    expect(await publishedNames(world.seen())).toEqual([{ name: nameOf(), digest }]);
    expect(await target.digestOf(nameOf())).toBe(digest);
    expect(await verifyImage(world.seen(), digest, true, signal)).toEqual([]);
  });

  it('keep their directory when their tag moves', async () => {
    const old = await push('one');
    await publish();
    await push('two');
    await publish();
    expect(word()).toBe('two');
    expect(await verifyImage(world.seen(), old, true, signal)).toEqual([]);
  });

  it('get a further name without being fetched again', async () => {
    const digest = await push('one');
    await publish();
    await source.registry.push('org/tool:2', [{ word: 'one' }]);
    expect(await source.publish('org/tool:2', { images: target })).toMatchObject({ digest, wasThere: true });
    expect(await target.digestOf(`${source.registry.host}/org/tool:2`)).toBe(digest);
  });

  it('are not seen before their change is complete, nor after it has failed', async () => {
    await push('one');
    await publish();
    await push('two');
    const failing = withLink(target, async () => {
      expect(word()).toBe('one');
      throw new Error('the disk is full');
    });
    await expect(source.publish('org/tool:1', { images: failing })).rejects.toThrow('the disk is full');
    expect(word()).toBe('one');
    await publish();
    expect(word()).toBe('two');
  });

  it('lose their names, and then go', async () => {
    const digest = await push('one');
    await publish();
    expect(await target.change((images) => images.unlink(nameOf()), signal)).toBe(true);
    expect(await target.change((images) => images.unlink(nameOf()), signal)).toBe(false);
    expect(await publishedNames(world.seen())).toEqual([]);
    expect(await target.has(digest)).toBe(true);
    await target.change((images) => images.remove(digest), signal);
    expect(await target.has(digest)).toBe(false);
    expect(existsSync(`${target.pathOf(digest)}.json`)).toBe(false);
  });

  it('are changed by one process at a time, and by it one after the other', async () => {
    await expect(world.open()).rejects.toMatchObject({ code: 'Conflict' });
    const order: string[] = [];
    const slow = target.change(async () => {
      order.push('begins');
      await new Promise((resolve) => setImmediate(resolve));
      order.push('ends');
    }, signal);
    await Promise.all([slow, target.change(async () => order.push('next'), signal)]);
    expect(order).toEqual(['begins', 'ends', 'next']);
  });

  it('are left alone once the caller gives up', async () => {
    const stopped = AbortSignal.abort(new Error('enough'));
    const work = async () => expect.unreachable();
    await expect(target.change(work, stopped)).rejects.toThrow('enough');
  });
});

/** A target in which names are set in another way. */
const withLink = (target: ImageTarget, link: ImageChange['link']): ImageTarget => ({
  path: target.path,
  newStagingPath: () => target.newStagingPath(),
  pathOf: (digest) => target.pathOf(digest),
  has: (digest) => target.has(digest),
  digestOf: (name) => target.digestOf(name),
  change: (work, until) =>
    target.change(
      (images) =>
        work({
          has: (digest) => images.has(digest),
          add: (staged) => images.add(staged),
          link,
          unlink: (name) => images.unlink(name),
          remove: (digest) => images.remove(digest),
        }),
      until,
    ),
  close: () => target.close(),
});
