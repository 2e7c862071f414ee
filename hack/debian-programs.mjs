import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from './apptainer-install.mjs';
import { lastError } from './apptainer-packages.mjs';
import { run } from './run-child.mjs';

/**
 * Programs of Debian that tests use. They are unpacked into the user's cache and not installed, because they would run as services
 * for everybody.
 */
const timeoutMs = 5 * 60_000;

/**
 * The registry that tests publish images from.
 *
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>} the environment of tests: its path, or why there is none
 */
export const registryEnvironment = (log) =>
  programEnvironment('docker-registry', 'usr/bin/docker-registry', 'REGISTRY', log);

/**
 * The program that checks and tests rules of Prometheus, beside Prometheus itself.
 *
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>} the environment of tests: its path, or why there is none
 */
export const promtoolEnvironment = (log) =>
  programEnvironment('prometheus', 'usr/bin/promtool', 'PROMTOOL', log);

/**
 * A Prometheus that watches tests of a cluster.
 *
 * @param {import('./progress.mjs').Log} log
 * @returns {Promise<Record<string, string>>} the environment of tests: its path, or why there is none
 */
export const prometheusEnvironment = (log) =>
  programEnvironment('prometheus', 'usr/bin/prometheus', 'PROMETHEUS', log);

/** `GLIDEIN_TEST_WORD` has the path, or `GLIDEIN_TEST_NO_WORD` the reason why there is none. */
async function programEnvironment(name, path, word, log) {
  const home = join(cacheRoot(), name);
  const program = join(home, path);
  if (!existsSync(program)) {
    const failure = await log.step(`Debian package ${name}`, () => make(name, home));
    if (failure !== undefined) {
      log.note(`      ${failure}`);
      return { [`GLIDEIN_TEST_NO_${word}`]: failure };
    }
  }
  return { [`GLIDEIN_TEST_${word}`]: program };
}

/** @returns {Promise<string | undefined>} why it failed */
async function make(name, home) {
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
