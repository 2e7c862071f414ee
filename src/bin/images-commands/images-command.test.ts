import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSettings } from '#cli/add-settings.ts';
import { runProgram } from '#cli/run-program.ts';
import { clientTable } from '#config/client-table.ts';
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
    const there = ['--images', 'own'];
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
      err: expect.stringMatching(/x is missing\n.*1 image of 1 differ/s),
    });
  });
});
