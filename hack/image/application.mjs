import { cp, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from '../build.mjs';
import { writeVariant } from '../hello-image.mjs';
import { Advice, createLog, die } from '../progress.mjs';
import { setModes } from './modes.mjs';

/**
 * The part of the image that changes with every commit: the bundles, their commands in PATH, and the image that the
 * examples run in. The Dockerfile calls this file too, so both ways of building an image give the same application.
 */

const root = dirname(dirname(import.meta.dirname));

/**
 * @param {string} tree made by this call; becomes the root of the image, over the base
 * @param {{ busybox: string, log?: import('../progress.mjs').Log }} options `busybox` is the path of a static busybox
 * @returns {Promise<{ commands: string[] }>} the names of the commands
 */
export async function writeApplication(tree, { busybox, log = createLog() }) {
  const home = join(tree, 'opt/glidein');
  const dist = join(home, 'dist');
  await mkdir(join(tree, 'usr/bin'), { recursive: true });
  await build({ log, outdir: dist });
  const commands = await writeCommands(tree, dist);
  if (commands.length === 0) throw new Advice('There are no commands in src/bin to pack.');
  const { name, version, type, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await writeFile(join(home, 'package.json'), `${JSON.stringify({ name, version, type, license })}\n`);
  await cp(join(root, 'LICENSE'), join(home, 'LICENSE'));
  await mkdir(join(home, 'images'));
  await writeVariant(join(home, 'images/hello'), { busybox, variant: 'hello' });
  await setModes(tree);
  return { commands };
}

/** A bundle that begins like a command is one; the others are threads. Source maps are left out: they would double the size. */
async function writeCommands(tree, dist) {
  const commands = [];
  for (const file of (await readdir(dist)).sort()) {
    if (file.endsWith('.map')) await rm(join(dist, file));
    if (!file.endsWith('.js') || !(await isCommand(join(dist, file)))) continue;
    const bundle = file.slice(0, -'.js'.length);
    const name = bundle === 'glidein' ? bundle : `glidein-${bundle}`;
    const text = `#!/bin/sh\nexec /usr/bin/node /opt/glidein/dist/${file} "$@"\n`;
    await writeFile(join(tree, 'usr/bin', name), text, { mode: 0o755 });
    commands.push(name);
  }
  return commands;
}

async function isCommand(path) {
  const file = await open(path);
  try {
    return (await file.read(Buffer.alloc(2), 0, 2, 0)).buffer.toString() === '#!';
  } finally {
    await file.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { values, positionals } = parseArgs({
      options: { busybox: { type: 'string', default: '/bin/busybox' } },
      allowPositionals: true,
    });
    if (positionals.length !== 1) throw new Advice('Name a directory: application.mjs DIR [--busybox FILE]');
    const { commands } = await writeApplication(positionals[0], { busybox: values.busybox });
    console.log(commands.join(' '));
  } catch (error) {
    die(error);
  }
}
