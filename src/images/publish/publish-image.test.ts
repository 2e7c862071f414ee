import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { ImageWorld } from '#testing/image-world.ts';
import type { ImageTarget } from '../target/image-target.ts';
import { ImageDirectory, publishedNames } from '../tree/image-directory.ts';

let world: ImageWorld;
beforeEach(async () => {
  world = await ImageWorld.start();
});
afterEach(() => world.stop());

const linkOf = (name: string) => join(world.directory, world.registry.host, name);

describe('an image that is published', () => {
  it('is found under its name, by a link that can be moved with the directory', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    const published = await world.publish('org/name:1');
    expect(published).toMatchObject({ name: `${world.registry.host}/org/name:1`, digest, wasThere: false });
    expect(realpathSync(linkOf('org/name:1'))).toBe(realpathSync(published.path));
    expect(readlinkSync(linkOf('org/name:1'))).toMatch(/^\.\.\/\.\.\/\.images\/sha256\//);
    expect(await publishedNames(world.directory)).toEqual([{ name: published.name, digest }]);
  });

  it('keeps its directory when its tag moves, and the name leads to the new one', async () => {
    await world.registry.push('org/name:1', [{ x: 'old' }]);
    const old = await world.publish('org/name:1');
    await world.registry.push('org/name:1', [{ x: 'new' }]);
    await world.publish('org/name:1');
    expect(readFileSync(join(linkOf('org/name:1'), 'x'), 'utf8')).toBe('new');
    expect(readFileSync(join(old.path, 'x'), 'utf8')).toBe('old');
  });

  it('is not fetched again for another name', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    await world.publish('org/name:1');
    const digest = await world.registry.push('org/name:2', [{ x: '1' }]);
    const before = world.registry.requests.length;
    expect(await world.publish(`org/name@${digest}`)).toMatchObject({
      wasThere: true,
      name: `${world.registry.host}/org/name@${digest}`,
    });
    expect(world.registry.requests.slice(before)).toEqual([`GET /v2/org/name/manifests/${digest}`]);
  });

  it('is fetched again if a clean-up removes it just before its name leads to it', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const { images } = world;
    let looks = 0;
    const target: ImageTarget = {
      path: images.path,
      newStagingPath: () => images.newStagingPath(),
      pathOf: (digest) => images.pathOf(digest),
      has: async (digest) => {
        looks += 1;
        return looks === 1 || (await images.has(digest));
      },
      digestOf: (name) => images.digestOf(name),
      change: (work, signal) => images.change(work, signal),
      close: () => undefined,
    };
    await world.publish('org/name:1', { images: target });
    expect(readFileSync(join(linkOf('org/name:1'), 'x'), 'utf8')).toBe('1');
  });

  it('sets the environment and runs the program of its configuration', async () => {
    const config = {
      Env: ['PATH=/opt/bin', "WORD=it's", 'bad name=1'],
      Entrypoint: ['/run', '-v'],
      Cmd: ['a b'],
    };
    await world.registry.push('org/name:1', [{ '.singularity.d/runscript': 'of another builder' }], {
      config,
    });
    const { path } = await world.publish('org/name:1');
    const text = (name: string) => readFileSync(join(path, '.singularity.d', name), 'utf8');
    expect(text('runscript')).toBe(`#!/bin/sh\n[ $# -gt 0 ] || set -- 'a b'\nexec '/run' '-v' "$@"\n`);
    expect(text('env/10-docker2singularity.sh')).toBe(
      `#!/bin/sh\nexport PATH='/opt/bin'\n[ -n "\${WORD+set}" ] || export WORD='it'\\''s'\n`,
    );
  });
});

it('names are told from what others have put into the directory', async () => {
  const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
  const { name } = await world.publish('org/name:1');
  mkdirSync(join(world.directory, 'hello/bin'), { recursive: true });
  symlinkSync('bin', join(world.directory, 'hello/sbin:1'));
  mkdirSync(join(world.directory, 'by.hand/org/name:2/a'), { recursive: true });
  symlinkSync('hello', join(world.directory, 'by.hand/org/other:1'));
  expect(await publishedNames(world.directory)).toEqual([{ name, digest }]);
  rmSync(world.images.pathOf(digest), { recursive: true });
  expect(await publishedNames(world.directory)).toEqual([{ name, digest: undefined }]);
});

describe('an image that cannot be published', () => {
  it('leaves its name as it was', async () => {
    await world.registry.push('org/name:1', [{ x: 'old' }]);
    await world.publish('org/name:1');
    await world.registry.push('org/name:1', [{ '../x': 'new' }]);
    await expect(world.publish('org/name:1')).rejects.toThrow('leads out of the image');
    expect(readFileSync(join(linkOf('org/name:1'), 'x'), 'utf8')).toBe('old');
  });

  it('because it is not complete where it is published leaves what others have published there', async () => {
    const digest = await world.registry.push('a/b:1', [{ x: '1' }]);
    world.registry.manifests.set('a/b:2', world.registry.manifests.get('a/b:1') ?? Buffer.alloc(0));
    const verify = async () => ['x is missing'];
    await expect(world.publish('a/b:1', { verify })).rejects.toMatchObject({ code: 'WriteFailed' });
    expect(await world.images.has(digest)).toBe(false);
    const second = world.publish('a/b:2', {
      verify,
      smokeTest: async () => {
        // The other name is faster.
        await world.publish('a/b:1');
      },
    });
    await expect(second).rejects.toMatchObject({ code: 'WriteFailed' });
    expect(await world.images.digestOf(`${world.registry.host}/a/b:1`)).toBe(digest);
  });

  it('because a trial run fails is never seen', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const smokeTest = async (): Promise<void> => {
      throw new GlideinError('RuntimeFailed', 'nothing runs in it');
    };
    await expect(world.publish('org/name:1', { smokeTest })).rejects.toThrow('nothing runs in it');
    expect(existsSync(linkOf('org/name:1'))).toBe(false);
  });

  it('because it is for other machines is refused with their names', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }], { index: true });
    await expect(
      world.publish('org/name:1', { platform: { architecture: 'riscv64', os: 'linux' } }),
    ).rejects.toThrow(
      'the image is not made for linux/riscv64: it is for linux/s390x, linux/ppc64le, linux/amd64, linux/arm64',
    );
  });

  it.each([
    [
      'a layer with another digest',
      (body: Buffer) => Buffer.from(body).fill(1),
      'its content has another digest',
    ],
    ['a layer that is too long', (body: Buffer) => Buffer.concat([body, body]), 'more than the'],
  ])('because of %s', async (_what, spoil, why) => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    for (const [digest, body] of world.registry.blobs) world.registry.blobs.set(digest, spoil(body));
    await expect(world.publish('org/name:1')).rejects.toThrow(why);
  });

  it('because a layer is not the one of its configuration', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const [manifest = Buffer.alloc(0)] = world.registry.manifests.values();
    const { config } = JSON.parse(manifest.toString()) as { config: { digest: string; size: number } };
    await world.registry.push('org/name:2', [{ x: '2' }]);
    const other = JSON.parse(world.registry.manifests.get('org/name:2')?.toString() ?? '') as object;
    world.registry.manifests.set('org/name:3', Buffer.from(JSON.stringify({ ...other, config })));
    await expect(world.publish('org/name:3')).rejects.toThrow(
      'a layer of the image is not the one of its configuration',
    );
  });
});

describe('layers', () => {
  const big = {
    x: Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 251)).toString('hex'),
  };

  it('whose transfer breaks off go on where it broke off', async () => {
    await world.registry.push('org/name:1', [big], { compression: 'none' });
    world.registry.cut = { after: 50_000, times: 3 };
    const { path } = await world.publish('org/name:1');
    expect(readFileSync(join(path, 'x'), 'utf8')).toBe(big.x);
  });

  it('that never arrive are given up after five tries', async () => {
    await world.registry.push('org/name:1', [big], { compression: 'none' });
    world.registry.cut = { after: 0, times: 100 };
    await expect(world.publish('org/name:1')).rejects.toThrow('a layer of the image does not arrive');
  });
});

it('two processes do not change one directory at a time', async () => {
  await expect(ImageDirectory.open(world.directory)).rejects.toMatchObject({
    code: 'Conflict',
    message: `another process is changing the images in ${world.directory}`,
  });
});
