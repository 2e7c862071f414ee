import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Advice } from '../progress.mjs';
import { stateFolder } from './places.mjs';
import { runningSettings } from './up.mjs';

/**
 * Loads an image into the node: an OCI archive as `writeOciArchive` makes it, or the output of `docker save`.
 *
 * @param {{ name: string, file: string, log: import('../progress.mjs').Log }} options
 * @throws {Advice} when there is no node or no such file, or when the archive is broken
 */
export async function load({ name, file, log }) {
  const { state, containerd } = await nodeOf(name);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new Advice(`There is no file ${file}. Name an OCI archive.`);
  const megabytes = (found.size / 1e6).toFixed(0);
  await log.step(`load ${basename(file)}, ${megabytes} MB`, () => importArchive({ state, file, containerd }));
}

/**
 * Gives an image that has been loaded another name.
 *
 * @param {{ name: string, from: string, to: string }} options full references
 * @throws {Advice} when there is no node or no such image
 */
export async function tag({ name, from, to }) {
  const { state, containerd } = await nodeOf(name);
  const child = spawn('nsenter', await imagesArguments(state, containerd, ['tag', '--force', from, to]), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { code, said } = await endOf(child);
  if (code !== 0) throw new Advice(`containerd cannot name ${from} also ${to}: ${said}. Load it first.`);
}

async function nodeOf(name) {
  const state = stateFolder(name);
  const settings = await runningSettings(state);
  if (settings?.kind !== 'node')
    throw new Advice(`${name} is not up as a node, so it has no images. Run "up --name ${name}" first.`);
  return { state, containerd: settings.folders.containerd };
}

async function imagesArguments(state, containerd, args) {
  const inside = await processInside(state);
  return ['-t', `${inside}`, '-m', '-p', join(containerd, 'ctr'), '-n', 'k8s.io', 'images', ...args];
}

async function endOf(child) {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const code = await new Promise((resolve) => {
    child.once('close', resolve);
  });
  return { code, said: said.trim() };
}

/** Passes the archive through a pipe, because the node may not see its folder. */
async function importArchive({ state, file, containerd }) {
  const args = await imagesArguments(state, containerd, ['import', '-']);
  const child = spawn('nsenter', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const fed = pipeline(createReadStream(file), child.stdin).catch(() => undefined);
  const [{ code, said }] = await Promise.all([endOf(child), fed]);
  if (code !== 0)
    throw new Advice(
      `containerd does not accept ${file}: ${said}. Make it with writeOciArchive or "docker save".`,
    );
}

/** The pid, outside the node, of the node's process 1: the only child of `unshare`. */
async function processInside(state) {
  const [, unshare] = (await readFile(join(state, 'first-processes'), 'utf8')).trim().split(' ');
  return (await readFile(`/proc/${unshare}/task/${unshare}/children`, 'utf8')).trim().split(' ')[0];
}
