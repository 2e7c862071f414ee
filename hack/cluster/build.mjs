import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Advice } from '../progress.mjs';
import { run } from '../run-child.mjs';
import { withLock } from './lock.mjs';
import { ensurePackages } from './packages.mjs';
import { parts } from './parts.mjs';
import { cacheFolder, goFolder } from './places.mjs';
import { goVersion } from './versions.mjs';

const buildTimeoutMs = 60 * 60_000;

/**
 * Builds the parts that are missing in the cache, in the given order, and returns their folders.
 *
 * @param {readonly (keyof typeof parts)[]} names
 * @param {{ log: import('../progress.mjs').Log }} options
 * @returns {Promise<Record<string, string>>} the folder of each part
 * @throws {Advice} when something that the build needs is missing
 */
export async function ensureBuilt(names, { log }) {
  const folders = {};
  for (const name of names) folders[name] = await ensurePart(name, log);
  return folders;
}

/** Where a part is, or will be when it is built. */
export async function partFolder(name) {
  const { version, sources, goRuns, links } = parts[name];
  const hash = createHash('sha256').update(JSON.stringify([goRuns('.'), links]));
  for (const source of sources) hash.update(await readFile(join(goFolder, source)));
  return join(cacheFolder(), `${name}-${version}-${process.arch}-${hash.digest('hex').slice(0, 8)}`);
}

async function ensurePart(name, log) {
  const folder = await partFolder(name);
  if (existsSync(folder)) return folder;
  const waiting = (owner) =>
    log.note(`      waiting for process ${owner}, which is building ${name} already`);
  await withLock(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return;
    await checkGo();
    await ensurePackages(parts[name].packages, log);
    await removeLeftovers(name);
    await log.step(`build ${name} ${parts[name].version}, ${parts[name].usually}`, () => build(name, folder));
  });
  return folder;
}

async function build(name, folder) {
  const part = parts[name];
  const temporary = await mkdtemp(join(cacheFolder(), `.building-${name}-`));
  for (const { args, env } of part.goRuns(temporary)) {
    await go(name, args, { CGO_ENABLED: '0', GOBIN: temporary, ...env });
  }
  await part.finish?.(temporary);
  for (const [link, target] of Object.entries(part.links)) await symlink(target, join(temporary, link));
  await rename(temporary, folder);
}

/** Called under the lock, so what is there was left by a builder that was killed. */
async function removeLeftovers(name) {
  for (const entry of await readdir(cacheFolder())) {
    if (entry.startsWith(`.building-${name}-`)) {
      await rm(join(cacheFolder(), entry), { recursive: true, force: true });
    }
  }
}

async function go(name, args, env) {
  const ended = await run('go', args, {
    timeoutMs: buildTimeoutMs,
    cwd: goFolder,
    env: { ...process.env, ...env },
  });
  if (ended.code === 0) return;
  const lines = ended.output.trim().split('\n').slice(-20).join('\n');
  throw new Advice(
    `Building ${name} failed. The last lines say why; if they are about the network or the disk, fix that and run this again:\n${lines}`,
  );
}

async function checkGo() {
  const ended = await run('go', ['version'], { timeoutMs: 60_000, cwd: goFolder });
  const found = /go(\d+)\.(\d+)/.exec(ended.stdout);
  const [major, minor] = goVersion.split('.').map(Number);
  const newEnough = found !== null && (Number(found[1]) > major || Number(found[2]) >= minor);
  if (newEnough) return;
  throw new Advice(
    `The test cluster is built with Go ${goVersion} or newer, but ${found ? `this machine has ${found[0]}` : 'there is no go on PATH'}. ` +
      'Install it from https://go.dev/doc/install.',
  );
}
