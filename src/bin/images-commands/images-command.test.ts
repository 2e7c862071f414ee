import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSettings } from '#cli/add-settings.ts';
import { runProgram } from '#cli/run-program.ts';
import { clientTable } from '#config/client-table.ts';
import { serveStatus } from '#images/set/serve-status.ts';
import { putLease } from '#images/tree/leases.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import { ImageWorld } from '#testing/image-world.ts';
import { pipedTerminal } from '#testing/piped-terminal.ts';
import { imagesCommand } from './images-command.ts';

let world: ImageWorld;
let home: string;
beforeEach(async () => {
  world = await ImageWorld.start();
  home = join(world.root, 'home');
  await mkdir(home);
});
afterEach(() => world.stop());

/** Runs `glidein images WORDS`. */
async function images(...words: string[]) {
  const program = addSettings(new Command('glidein'), clientTable).exitOverride();
  const terminal = pipedTerminal(home);
  imagesCommand(program, terminal);
  const code = await runProgram(program, ['images', ...words], terminal);
  return { code, out: terminal.out.text, err: terminal.err.text };
}
const named = (name: string) => `${world.registry.host}/${name}`;
const list = async (...words: string[]) =>
  JSON.parse((await images('list', '-o', 'json', ...words)).out) as Record<string, unknown>[];

describe('images add', () => {
  it('publishes an image where glidein up looks for it, and says what jobs write', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }], { index: true });
    expect(await images('add', `docker://${named('org/name:1')}`)).toMatchObject({
      code: 0,
      out: `${named('org/name:1')} is published: ${digest}. Jobs use it with container_image = docker://${named('org/name:1')}\n`,
    });
    expect(await list('--images', join(home, '.cache/glidein/images'))).toMatchObject([{ digest }]);
    expect((await images('add', named('org/name:1'))).out).toContain('is published already');
  });

  it('publishes an image into the directory that --images names', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const there = ['--images', join(home, 'own')];
    await images('add', named('org/name:1'), ...there);
    expect(await list()).toEqual([]);
    expect(await list(...there)).toMatchObject([{ name: named('org/name:1') }]);
    expect((await images('verify', ...there)).out).toBe('1 image is complete.\n');
    await images('remove', named('org/name:1'), ...there);
    expect((await images('gc', '--grace', '0s', ...there)).out).toContain('is removed');
  });

  it('publishes the others when one fails', async () => {
    await world.registry.push('org/bad:1', [{ '../x': '1' }]);
    await world.registry.push('org/good:1', [{ x: '1' }]);
    const { code, err } = await images('add', named('org/bad:1'), named('org/none'), named('org/good:1'));
    expect(code).toBe(7);
    expect(err).toContain(`${named('org/bad')}: a layer has an entry that leads out of the image: ../x`);
    expect(err).toContain(`the registry has no ${named('org/none:latest')}`);
    expect(err).toContain('2 of 3 images were not published');
    expect((await list()).map(({ name }) => name)).toEqual([named('org/good:1')]);
  });

  it('takes credentials from where docker login keeps them', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const wanted = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
    world.registry.answer = (request, response) => {
      if (request.headers.authorization === wanted) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    expect(await images('add', named('org/name:1'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('the registry wants a name and a password'),
    });
    await mkdir(join(home, '.docker'));
    const auths = { [world.registry.host]: { auth: Buffer.from('ada:secret').toString('base64') } };
    await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths }));
    expect(await images('add', named('org/name:1'))).toMatchObject({ code: 0 });
  });

  it('refuses what names no image', async () => {
    expect(await images('add', 'Debian')).toMatchObject({
      code: 2,
      err: expect.stringContaining('lower-case letters'),
    });
  });
});

describe('images list', () => {
  it('has a line for each name', async () => {
    expect((await images('list')).out).toContain('No image is published in');
    await world.registry.push('org/name:1', [{ x: 'y'.repeat(3 * 2 ** 20) }]);
    await images('add', named('org/name:1'));
    const [head, row] = (await images('list')).out.split('\n').map((line) => line.split(/ {2,}/));
    expect(head).toEqual(['NAME', 'DIGEST', 'SIZE', 'FILES', 'PUBLISHED']);
    expect(row).toEqual([
      named('org/name:1'),
      expect.stringMatching(/^sha256:[0-9a-f]{12}$/),
      '3 MiB',
      expect.any(String),
      expect.any(String),
    ]);
  });
});

describe('images remove, gc and verify', () => {
  it('take away a name, then the image, but not before its grace is over', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    await images('add', named('org/name:1'));
    expect(await images('remove', `docker://${named('org/name:1')}`)).toMatchObject({ code: 0 });
    expect(await images('remove', named('org/name:1'))).toMatchObject({ code: 4 });
    expect((await images('gc')).out).toContain(`${digest} has no name and stays until`);
    expect((await images('gc', '--grace', '0s', '--dry-run')).out).toBe(`${digest} would be removed\n`);
    expect((await images('gc', '--grace', '0s')).out).toBe(`${digest} is removed\n`);
    expect((await images('gc')).out).toBe('Every image has a name.\n');
  });

  it('verify tells what is missing; --deep, what has another content', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1', y: '2' }]);
    await images('add', named('org/name:1'));
    expect(await images('verify')).toMatchObject({ code: 0, out: '1 image is complete.\n' });
    const hex = digest.slice('sha256:'.length);
    const path = join(home, '.cache/glidein/images/.images/sha256', hex.slice(0, 2), hex);
    await writeFile(join(path, 'y'), '3');
    expect(await images('verify')).toMatchObject({ code: 0 });
    expect(await images('verify', '--deep')).toMatchObject({
      code: 5,
      err: expect.stringContaining('y has another content'),
    });
    await rm(join(path, 'x'));
    expect(await images('verify')).toMatchObject({
      code: 5,
      err: expect.stringMatching(/x is missing\n.*1 of 1 image differs/s),
    });
  });
});

describe('images publish, status and wait', () => {
  const write = async (set: object): Promise<string> => {
    const file = join(world.root, 'set.yaml');
    await writeFile(file, JSON.stringify(set));
    return file;
  };
  const setOf = (...names: string[]) => ({ images: names.map((name) => ({ reference: named(name) })) });

  it('publish a set once, and tell which images are live and why others are not', async () => {
    await world.registry.push('org/good:1', [{ x: '1' }]);
    await world.registry.push('org/bad:1', [{ '../x': '1' }]);
    const file = await write({
      kind: 'ImageSet',
      metadata: { name: 'ours' },
      spec: { ...setOf('org/good:1', 'org/bad:1'), directory: { claimName: 'images' } },
    });
    const { code, out, err } = await images('publish', file);
    expect({ code, out }).toEqual({ code: 7, out: '1 of 2 images are live.\n' });
    const reason = 'InvalidMessage: a layer has an entry that leads out of the image: ../x';
    expect(err).toContain(`${named('org/bad:1')}: ${reason}`);
    const rows = (await images('status')).out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[1]).toEqual([named('org/bad:1'), 'linux/amd64', 'Failed', expect.any(String), reason]);
    expect(rows[2]?.slice(0, 3)).toEqual([named('org/good:1'), 'linux/amd64', 'Live']);
    expect((await images('status', named('org/good:1'))).out).not.toContain('org/bad');
    const all = JSON.parse((await images('status', '-o', 'json')).out) as object[];
    expect(all).toMatchObject([{ set: 'ours', counts: { tags: 2, published: 1 } }]);
  });

  it('publish --name publishes another set beside the first, into the directory of --images', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    const file = await write(setOf('org/name:1'));
    await images('publish', file, '--name', 'other', '--images', join(home, 'own'));
    const [set] = JSON.parse(
      (await images('status', '-o', 'json', '--images', join(home, 'own'))).out,
    ) as object[];
    expect(set).toMatchObject({ set: 'other' });
    expect((await images('status')).out).toBe('No set of images is published here.\n');
  });

  it('wait prints the path and the digest of an image that is live', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }], { index: true });
    await images('publish', await write(setOf('org/name:1')), '--images', join(home, 'own'));
    const { out } = await images('wait', named('org/name:1'), '--images', join(home, 'own'));
    const hex = digest.slice('sha256:'.length);
    expect(out).toBe(`${join(home, 'own/.images/sha256', hex.slice(0, 2), hex)} ${digest}\n`);
    const pushed = `${named('org/name:1')}@${digest}`;
    expect((await images('wait', pushed, '--images', join(home, 'own'))).out).toBe(out);
  });

  it('wait ends with the reason of a failure, or when --timeout is over', async () => {
    const digest = await world.registry.push('org/bad:1', [{ '../x': '1' }]);
    await images('publish', await write(setOf('org/bad:1')));
    expect(await images('wait', `${named('org/bad:1')}@${digest}`)).toMatchObject({
      code: 5,
      err: expect.stringContaining('leads out of the image: ../x'),
    });
    expect(await images('wait', named('org/bad:1'), '--timeout', '0s')).toMatchObject({ code: 7 });
    expect(await images('wait', named('org/none'), '--timeout', '0s')).toMatchObject({
      code: 7,
      err: expect.stringContaining('no set that is published here names it'),
    });
    expect(
      await images('wait', named('org/bad:1'), '--platform', 'linux/arm64', '--timeout', '0s'),
    ).toMatchObject({
      err: expect.stringContaining('no set that is published here names it'),
    });
  });

  it('ask the publisher of --publisher, with the token of --publisher-token', async () => {
    await world.registry.push('org/name:1', [{ x: '1' }]);
    await images('publish', await write(setOf('org/name:1')), '--images', join(home, 'own'));
    const [status] = JSON.parse(
      (await images('status', '-o', 'json', '--images', join(home, 'own'))).out,
    ) as [ImageSetStatus];
    const server = await serveStatus({
      host: '127.0.0.1',
      port: 0,
      token: async () => 'secret',
      mayScrape: async () => false,
      status: () => status,
      putLease: async () => undefined,
      dropLease: async () => undefined,
      registry: new Registry(),
    });
    const file = join(home, 'token');
    await writeFile(file, 'secret\n');
    const there = ['--publisher', server.url, '--publisher-token', file];
    expect((await images('status', ...there)).out).toContain('Live');
    expect((await images('wait', named('org/name:1'), ...there)).out).toContain(status.images[0]?.digest);
    expect(await images('status', '--publisher', server.url)).toMatchObject({ code: 3 });
    await server.close();
    expect(await images('status', ...there)).toMatchObject({ code: 7 });
  });

  it('gc removes nothing that a lease names', async () => {
    const digest = await world.registry.push('org/name:1', [{ x: '1' }]);
    await images('add', named('org/name:1'));
    await images('remove', named('org/name:1'));
    const state = join(home, '.cache/glidein/images/.publisher');
    await putLease(state, 'up', { digests: [digest], until: '2099-01-01T00:00:00Z' });
    expect((await images('gc', '--grace', '0s')).out).toContain(`${digest} has no name and stays`);
    await writeFile(join(state, 'leases/other.json'), '{');
    expect(await images('gc', '--grace', '0s')).toMatchObject({ code: 5 });
  });
});
