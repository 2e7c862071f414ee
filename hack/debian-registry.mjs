import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from './apptainer-install.mjs';
import { lastError } from './apptainer-packages.mjs';
import { run } from './run-child.mjs';

/** Debian's package of the reference registry. It is unpacked and not installed, because it would run as a service for everybody. */
const name = 'docker-registry';
const timeoutMs = 5 * 60_000;

/**
 * The registry that tests publish images from, in the user's cache.
 *
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>} the environment of tests: its path, or why there is none
 */
export async function registryEnvironment(log) {
  const home = join(cacheRoot(), name);
  const program = join(home, 'usr/bin', name);
  if (!existsSync(program)) {
    const failure = await log.step(`Debian package ${name}`, () => make(home));
    if (failure !== undefined) {
      log.note(`      ${failure}`);
      return { GLIDEIN_TEST_NO_REGISTRY: failure };
    }
  }
  return { GLIDEIN_TEST_REGISTRY: program };
}

/** @returns {Promise<string | undefined>} why it failed */
async function make(home) {
  await mkdir(cacheRoot(), { recursive: true });
  const work = await mkdtemp(`${home}-`);
  try {
    const fetched = await run('apt-get', ['-q', 'download', name], { cwd: work, timeoutMs });
    const [file] = (await readdir(work)).filter((each) => each.endsWith('.deb'));
    if (fetched.code !== 0 || file === undefined)
      return `${name} cannot be downloaded: ${lastError(fetched)}`;
    const unpacked = await run('dpkg', ['-x', join(work, file), join(work, 'tree')], { timeoutMs });
    if (unpacked.code !== 0) return `${name} cannot be unpacked: ${lastError(unpacked)}`;
    await rm(home, { recursive: true, force: true });
    await rename(join(work, 'tree'), home);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
