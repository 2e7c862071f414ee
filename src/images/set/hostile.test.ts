import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { imageSetSpec } from '#spec/image-set.ts';
import { SetWorld } from '#testing/set-world.ts';
import { imageDigests } from '../tree/image-directory.ts';

let world: SetWorld;
beforeEach(async () => {
  world = await SetWorld.start();
});
afterEach(() => world.stop());

/** Milliseconds of the set's time limit, which a test lets pass. */
const timeLimit = 3_600_000;

/** The digest of the first layer of an image of the registry. */
const layerOf = (name: string): string => {
  const manifest = JSON.parse(world.registry.manifests.get(name)?.toString() ?? '') as {
    readonly layers: readonly { readonly digest: string }[];
  };
  return manifest.layers[0]?.digest ?? '';
};

it('hostile images and registries fail by their names, and the others go on, within bounds', async () => {
  const { registry } = world;
  const late: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after(wait, run) {
      if (wait !== timeLimit) return systemClock.after(wait >= 10_000 ? wait : 0, run);
      late.push(run);
      return { cancel: () => undefined };
    },
  };
  const random = Buffer.from(Array.from({ length: 60_000 }, (_, at) => (at * 7919) % 251)).toString('hex');
  await registry.push('evil/escape:1', [{ '../x': '1' }]);
  await registry.push('evil/hardlink:1', [{ x: { type: 'link', linkname: '../../etc/passwd' } }]);
  await registry.push('evil/linkout:1', [
    { out: { type: 'symlink', linkname: '../../../../../../../tmp' } },
    { 'out/glidein-escaped': 'x' },
  ]);
  await registry.push('evil/bomb:1', [{ zeros: '0'.repeat(8 * 2 ** 20) }]);
  await registry.push('evil/entries:1', [
    Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`f${at}`, ''])),
  ]);
  await registry.push('evil/digest:1', [{ x: 'digest' }]);
  const right = registry.blobs.get(layerOf('evil/digest:1'));
  registry.blobs.set(layerOf('evil/digest:1'), Buffer.alloc(right?.length ?? 0));
  await registry.push('evil/truncated:1', [{ x: `${random}1` }], { compression: 'none' });
  await registry.push('evil/drip:1', [{ x: `${random}2` }], { compression: 'none' });
  await registry.push('evil/loop:1', [{ x: 'loop' }]);
  await registry.push('evil/noise:1', [{ x: 'noise' }]);
  registry.manifests.set('evil/noise:1', Buffer.from('{"layers": 1}'));
  await registry.push('good/name:1', [{ x: 'good' }]);
  const [truncated, drip] = [layerOf('evil/truncated:1'), layerOf('evil/drip:1')];
  const dripping = new Set<ServerResponse>();
  registry.answer = ({ url = '' }, response) => {
    if (url.endsWith(truncated)) response.writeHead(200).write('a', () => response.destroy());
    else if (url.includes('evil/loop')) response.writeHead(307, { location: `${url}x` }).end();
    else if (url.endsWith(drip)) dripping.add(response.writeHead(200));
    else return false;
    return true;
  };
  const drops = setInterval(() => {
    for (const response of dripping) response.write('x');
  }, 50);
  const names = [
    'escape',
    'hardlink',
    'linkout',
    'bomb',
    'entries',
    'digest',
    'truncated',
    'drip',
    'loop',
    'noise',
  ];
  const publisher = await world.open({ clock });
  publisher.apply(
    imageSetSpec.parse({
      images: [...names.map((name) => `evil/${name}:1`), 'good/name:1'].map((name) => ({
        reference: world.named(name),
      })),
      limits: { imageSize: '1Mi', entries: 1000, timeLimit: '1h', layerCache: '1Mi' },
    }),
    'sha256:0',
  );
  const running = publisher.run(new AbortController().signal, true);
  try {
    // The good image comes last, and does not wait for those before it.
    await expect.poll(() => existsSync(join(world.directory, registry.host, 'good/name:1/x'))).toBe(true);
    await expect.poll(() => publisher.status().counts).toMatchObject({ published: 2, failed: 8 });
    for (const run of late) run();
    await running;
  } finally {
    clearInterval(drops);
    await publisher.close();
  }
  const told = publisher
    .status()
    .images.map(({ reference, failure }) => [reference.replace(/^.*\/(.*):1$/, '$1'), failure?.reason]);
  expect(Object.fromEntries(told)).toMatchObject({
    escape: expect.stringContaining('leads out of the image: ../x'),
    hardlink: expect.stringContaining('leads out of the image'),
    // Within the image, such a link leads to the image's own /tmp.
    linkout: undefined,
    bomb: 'the image has more than 1048576 bytes of files',
    entries: 'the image has more than 1000 entries',
    digest: expect.stringContaining('wrong blob'),
    truncated: expect.stringContaining('does not arrive'),
    drip: 'the image was not published within 1h',
    loop: expect.stringContaining('redirects more than 5 times'),
    noise: 'the manifest of the image cannot be read',
    name: undefined,
  });
  expect(existsSync('/tmp/glidein-escaped')).toBe(false);
  expect(await imageDigests(world.directory)).toHaveLength(2);
  expect(await readdir(join(world.directory, '.staging'))).toEqual([]);
});

it('a set of a thousand tags that have not moved costs one HEAD each', async () => {
  const digest = await world.registry.push('org/name:0', [{ x: '1' }]);
  const body = world.registry.manifests.get('org/name:0') ?? Buffer.alloc(0);
  for (let tag = 1; tag < 1000; tag += 1) world.registry.manifests.set(`org/name:${tag}`, body);
  const images = Array.from({ length: 1000 }, (_, tag) => ({ reference: world.named(`org/name:${tag}`) }));
  await world.round({ images });
  expect(await imageDigests(world.directory)).toEqual([digest]);
  world.ahead += timeLimit;
  const before = world.registry.requests.length;
  await world.round({ images });
  const asked = world.registry.requests.slice(before);
  expect(asked.filter((each) => each.startsWith('HEAD'))).toHaveLength(1000);
  expect(asked).toHaveLength(1000);
});
